import type { Device } from '../../../shared/model/device.ts';
import type { PromptSource } from '../prompt-source.ts';

/** As `headscope scores` is given them. */
export interface ScoresOptions extends PromptSource {
  readonly model?: string;
  readonly task?: string;
  readonly scores?: string;
  readonly lengths?: string;
  readonly depths?: string;
  readonly samples?: number;
  readonly param?: readonly string[];
  readonly scoreParam?: readonly string[];
  readonly probeFile?: string;
  readonly import?: readonly string[];
  readonly list?: boolean;
  readonly seed?: number;
  readonly format?: string;
  readonly threads?: number;
  readonly device?: Device;
}
