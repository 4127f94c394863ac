import type { Device } from '../../../shared/model/device.ts';
import type { EffectPromptOptions } from '../effect-prompt.ts';

/** As `headscope ablate` is given them. */
export interface AblateOptions extends EffectPromptOptions {
  readonly model?: string;
  /** Interventions. */
  readonly set?: string;
  readonly finalNorm?: string;
  /** Of the task: prompts whose accuracy is told. */
  readonly samples?: number;
  readonly list?: boolean;
  readonly threads?: number;
  readonly device?: Device;
}
