/** What an intervention can do. One file a kind; forms, the command line, the text form and the docs come from these. */
import type { PlaceKind } from '../place.ts';

/** Which part of the attention computation is edited. */
export type InterventionPart = 'z' | 'pattern' | 'values' | 'residual';

/**
 * What becomes of the maps of a changed head: they are what they were (`same`), recomputed from the changed queries and
 * keys (`recomputed`), drawn without the cells that it no longer sees (`masked`), those of the clean run (`clean`),
 * redistributed from these (`moved`), or there are none, because its rows are no softmax (`none`).
 */
export type MapsAfter = 'same' | 'recomputed' | 'masked' | 'clean' | 'moved' | 'none';

/** Which other prompts an intervention reads: none, at most some, exactly one, or one at least. */
export type SourceNeed = 'none' | 'optional' | 'one' | 'many';

/**
 * What it does to tokens that are generated after the prompt: the same as to the prompt (`every-step`); nothing, because
 * it is about positions of the prompt (`prompt-only`); or it cannot be generated under (`refused`).
 */
export type InGeneration = 'every-step' | 'prompt-only' | 'refused';

interface ParameterBase {
  readonly id: string;
  readonly name: string;
  readonly meaning: string;
}
export interface NumberParameter extends ParameterBase {
  readonly type: 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** What a slider runs over, where that is less than what is allowed. */
  readonly usual?: readonly [number, number];
}
export interface ChoiceParameter extends ParameterBase {
  readonly type: 'choice';
  readonly default: string;
  readonly choices: readonly { readonly id: string; readonly name: string }[];
}
export type InterventionParameter = NumberParameter | ChoiceParameter;

export interface InterventionKind {
  /** `zero`, `scale`, ...; stable, used in files and on the command line. */
  readonly id: string;
  /** `Zero`, as it stands in lists. */
  readonly name: string;
  /** What it does, formula in words, one or two sentences. */
  readonly definition: string;
  /** Paper and section, or where the practice comes from. */
  readonly source: string;
  readonly part: InterventionPart;
  /** Where it may stand; at a KV group or a layer it acts on each of its query heads, but for parts of a whole group. */
  readonly places: readonly PlaceKind[];
  /** Whether it can be limited to some query positions. */
  readonly rows: boolean;
  /** Whether it names keys, and whether it has to. */
  readonly keys: 'none' | 'optional' | 'required';
  readonly sources: SourceNeed;
  readonly parameters: readonly InterventionParameter[];
  readonly maps: MapsAfter;
  readonly generation: InGeneration;
  /** Shown beside its numbers, where these are an experiment: no trained model computes that. */
  readonly caution?: string;
}
