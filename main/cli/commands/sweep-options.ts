import type { Device } from '../../../shared/model/device.ts';
import type { EffectPromptOptions } from '../effect-prompt.ts';

/** As `headscope sweep` is given them. */
export interface SweepOptions extends EffectPromptOptions {
  readonly model: string;
  /** An intervention without its place. */
  readonly mode: string;
  readonly places?: string;
  readonly metric?: string;
  /** Interventions that are in force already. */
  readonly ablate?: string;
  readonly finalNorm?: string;
  /** Where logits are compared. */
  readonly position?: number;
  /** Places that the table lists. */
  readonly top?: number;
  readonly threads?: number;
  readonly device?: Device;
}
