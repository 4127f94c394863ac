import type { TokenChoice } from './token-choice.ts';

export interface GeneratedToken {
  readonly id: number;
  /** As in `TokenView`. */
  readonly display: string;
  readonly text: string;
  /** Probability under the model, at temperature 1 and over the whole vocabulary. */
  readonly prob: number;
  /** The five likeliest tokens of this step, likeliest first. */
  readonly top: readonly TokenChoice[];
}

/** Why a generation ended: the number of tokens asked for, an end token, a stop text, or the context limit. */
export type GenerationEnd = 'length' | 'end-token' | 'stop-text' | 'context';

export interface Generation {
  readonly promptTokens: number;
  /** Without the end token. */
  readonly tokens: readonly GeneratedToken[];
  /** All tokens decoded together, so that a character split over tokens comes out whole; cut before a stop text. */
  readonly text: string;
  /** Null while it runs. */
  readonly stopped: GenerationEnd | null;
  readonly milliseconds: number;
}
