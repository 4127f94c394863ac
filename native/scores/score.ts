import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import type { LayerPass, PassRequest, PassSource } from './layer-pass.ts';
import type { PromptSize } from './parameters.ts';
import type { Question } from './question.ts';

/** What a score may read. */
export interface ScoreContext {
  /** Has the layers so far while the run is under way. */
  readonly capture: Capture;
  readonly architecture: Pick<
    Architecture,
    'layers' | 'heads' | 'kvHeads' | 'headDim' | 'dModel' | 'scale' | 'slidingWindow' | 'rope'
  >;
  /** Whether position 0 is the model's BOS token. */
  readonly bos: boolean;
  /** The likeliest token after the last position; null while the run is under way. */
  readonly predicted: number | null;
  /** p(query, key), 0 where masked. */
  probability(layer: number, head: number, query: number, key: number): number;
  /** Mean of p(row, row - offset) over the rows from `start` to `end` - 1, all of which have that key. */
  stripe(layer: number, head: number, offset: number, start: number, end: number): number;
  readonly passes: PassSource;
  /**
   * What each head adds to the logit of the likeliest next token less that of the second likeliest, [layers x heads].
   * Awaits `breathe` meanwhile.
   */
  attribution(breathe: () => Promise<void>): Promise<Float64Array>;
  /** Of a prompt that is one with choices. */
  readonly question?: Question;
}

/** A per-head score of one prompt: its definition, where it applies, and a pure function. One file each. */
export interface Score {
  readonly info: ScoreInfo;
  /** Values of the parameters whose default follows from the prompt. */
  readonly defaults?: (prompt: PromptSize) => ScoreParameters;
  /** Set where it reads more than the layers so far, and so waits for the end of the run. */
  readonly afterRun?: true;
  /** What of the definition follows from the parameters. */
  readonly variant?: (parameters: ScoreParameters) => Partial<ScoreInfo>;
  /** Why it says nothing about this prompt, or null. */
  notApplicable(context: ScoreContext, parameters: ScoreParameters): string | null;
  /** What it reads of one more pass over each layer; absent where the run tells enough. */
  readonly needs?: (context: ScoreContext, parameters: ScoreParameters) => PassRequest;
  /**
   * Value of one head; NaN where it is not defined for it. Called only where the score applies, layer by layer. What
   * takes longer than some milliseconds awaits `breathe` meanwhile.
   */
  compute(
    context: ScoreContext,
    layer: number,
    head: number,
    parameters: ScoreParameters,
    pass: LayerPass,
    breathe: () => Promise<void>,
  ): number | Promise<number>;
  /** Value of uniform attention over what each row sees, mean over layers; absent where there is none. */
  readonly floor?: (context: ScoreContext, parameters: ScoreParameters) => number;
}

/** Mean of numbers `start` .. `end` - 1, in float64. Most scores end in one: it is as plain as can be. */
export function meanOf(values: Float32Array, start: number, end: number): number {
  return sumOf(values, start, end) / (end - start);
}

/** Sum of numbers `start` .. `end` - 1, in float64. */
export function sumOf(values: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += values[at]!;
  return sum;
}

/** The reason that most scores share: a row before the second token has only itself to look at. */
export function needsTokens(context: Pick<ScoreContext, 'capture'>, count: number): string | null {
  return context.capture.tokens >= count ? null : `Needs at least ${count} tokens.`;
}
