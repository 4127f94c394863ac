/** What `headscope methods run` takes. */
import type { Device } from '../../shared/model/device.ts';
import type { Fidelity } from '../../shared/model/method-result.ts';
import type { TypedMethods } from './asked-methods.ts';
import type { CutOptions } from './method-prompt.ts';
import type { PromptSource } from './prompt-source.ts';

/** What belongs to tasks alone. */
export interface MethodTaskOptions {
  readonly task?: string;
  readonly lengths?: string;
  readonly depths?: string;
  readonly samples?: number;
  readonly facts?: number;
  readonly taskParam?: readonly string[];
  readonly seed?: number;
}

export interface MethodRunOptions extends PromptSource, TypedMethods, CutOptions, MethodTaskOptions {
  readonly model: string;
  readonly answer?: string;
  readonly maxTokens?: number;
  readonly fidelity: Fidelity;
  readonly threads?: number;
  readonly device?: Device;
}
