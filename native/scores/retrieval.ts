/**
 * Retrieval score: how much of a needle a head copies.
 *
 * At every step of a greedy answer, a head hits where its strongest key lies on the needle and holds the token that
 * the same forward generates. Score = distinct needle positions hit / needle length, in [0, 1]; Wu et al. 2024
 * (arXiv 2404.15574) count a set of tokens, their code counts events, which can exceed 1.
 */
import type { ScoreInfo } from '../../shared/model/score.ts';
import type { Span } from '../../shared/model/task.ts';

/** Arguments of the largest attention weight per step, [steps][layer x head]. */
export interface RetrievalRecord {
  /** The prompt's tokens. */
  readonly prompt: ArrayLike<number>;
  /** Of the answer in the prompt. */
  readonly needle: Span;
  /** Token that the forward of each step gave. */
  readonly generated: readonly number[];
  /** Key of the largest weight in each step's row, per head. */
  readonly strongest: readonly ArrayLike<number>[];
}

/** Share of needle positions that each head copied, one value a head. */
export function retrievalScores(
  { prompt, needle, generated, strongest }: RetrievalRecord,
  heads: number,
): Float64Array {
  const length = needle.end - needle.start;
  return Float64Array.from({ length: heads }, (_, head) => {
    const hit = new Set<number>();
    generated.forEach((token, step) => {
      const key = strongest[step]![head]!;
      if (key >= needle.start && key < needle.end && prompt[key] === token) hit.add(key);
    });
    return hit.size / length;
  });
}

export const RETRIEVAL: ScoreInfo = {
  id: 'retrieval',
  name: 'Retrieval',
  group: 'retrieval',
  unit: 'share of the needle',
  definition:
    'While the model answers a needle task: share of the needle’s tokens that the head copies, that is, its strongest key holds the token that is generated. Mean over samples that were answered right.',
  source: 'Wu et al. 2024, Retrieval Head Mechanistically Explains Long-Context Factuality; unique positions',
  badge: 'exact',
  granularity: 'head',
  data: 'needle',
  cost: 'forwards',
  parameters: [],
  floor: null,
  domain: [0, 1],
};

/** Where no sample was answered right: the answer is fed in, and its tokens count as generated. */
export const RETRIEVAL_FORCED: ScoreInfo = {
  ...RETRIEVAL,
  definition: `${RETRIEVAL.definition} No sample was: the right answer was fed in instead, which is another measure.`,
  badge: 'teacher-forced',
};
