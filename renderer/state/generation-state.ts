import type { WireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type { GeneratedToken, GenerationEnd } from '../../shared/model/generation.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { PromptSource } from './run-state.ts';

/** What a person sets; the fields of the way of choosing that is off are kept for when it is on again. */
export interface GenerationSettings {
  readonly maxTokens: number;
  readonly choice: 'greedy' | 'sample';
  readonly temperature: number;
  /** Undefined = all tokens. */
  readonly topK: number | undefined;
  readonly topP: number | undefined;
  readonly seed: number;
  /** Whether the model's end token ends it. */
  readonly stopAtEnd: boolean;
}

export const initialSettings: GenerationSettings = {
  maxTokens: 32,
  choice: 'greedy',
  temperature: 1,
  topK: undefined,
  topP: undefined,
  seed: 0,
  stopAtEnd: true,
};

export type NumericSetting = Exclude<keyof GenerationSettings, 'choice' | 'stopAtEnd'>;

/** Smallest and largest allowed value, as in the contract. */
export const SETTING_LIMITS: Readonly<Record<NumericSetting, { min: number; max: number; whole: boolean }>> = {
  maxTokens: { min: 1, max: 32_768, whole: true },
  temperature: { min: 0.01, max: 10, whole: false },
  topK: { min: 1, max: 1_000_000, whole: true },
  topP: { min: 0.01, max: 1, whole: false },
  seed: { min: 0, max: 2 ** 32 - 1, whole: true },
};

export function isAllowed(setting: NumericSetting, value: unknown): value is number {
  const { min, max, whole } = SETTING_LIMITS[setting];
  return typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
}

/** `clean`: without interventions. */
export type LineKind = 'clean' | 'changed';

/** `cancelled`: by the person. `interrupted`: the engine, the model or the connection went away under it. */
export type LineEnd = GenerationEnd | 'cancelled' | 'interrupted';

/** One continuation of the prompt. */
export interface GeneratedLine {
  readonly promptTokens: number;
  readonly tokens: readonly GeneratedToken[];
  readonly text: string;
  readonly milliseconds: number;
  /** Undefined while it is being generated. */
  readonly end: LineEnd | undefined;
}

/** What the lines on screen were made from. */
export interface GenerationOrigin {
  readonly modelId: string;
  readonly source: PromptSource;
  readonly cut: boolean;
  readonly interventions: readonly Intervention[];
  readonly settings: GenerationSettings;
}

export interface GenerationState {
  readonly settings: GenerationSettings;
  readonly job: { readonly kind: LineKind; readonly progress: Progress | undefined } | undefined;
  readonly error: WireError | undefined;
  readonly origin: GenerationOrigin | undefined;
  readonly clean: GeneratedLine | undefined;
  /** Under the interventions of `origin`. */
  readonly changed: GeneratedLine | undefined;
}

export const initialGeneration: GenerationState = {
  settings: initialSettings,
  job: undefined,
  error: undefined,
  origin: undefined,
  clean: undefined,
  changed: undefined,
};
