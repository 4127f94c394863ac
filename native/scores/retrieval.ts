/**
 * Retrieval score: how much of a needle a head copies.
 *
 * At every step of a greedy answer, a head hits where its strongest key lies on the needle and holds the token that
 * the same forward generates. Score = distinct needle positions hit / needle length, in [0, 1]; Wu et al. 2024
 * (arXiv 2404.15574) count a set of tokens, their code counts events, which can exceed 1. Both are given.
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

/** What each head copied of one needle. */
export interface RetrievalCopies {
  /** Distinct needle positions hit / needle length, [heads]. */
  readonly positions: Float64Array;
  /** Steps hit / needle length, as the reference code counts: over 1 where an answer goes round in a loop, [heads]. */
  readonly events: Float64Array;
  /** 1 where a needle position was hit at any step, [needle length, heads]. */
  readonly hits: Uint8Array;
}

export function countCopies({ prompt, needle, generated, strongest }: RetrievalRecord, heads: number): RetrievalCopies {
  const length = needle.end - needle.start;
  const positions = new Float64Array(heads);
  const events = new Float64Array(heads);
  const hits = new Uint8Array(length * heads);
  for (const [step, token] of generated.entries()) {
    for (let head = 0; head < heads; head++) {
      const key = strongest[step]![head]!;
      if (key < needle.start || key >= needle.end || prompt[key] !== token) continue;
      events[head]! += 1;
      const at = (key - needle.start) * heads + head;
      if (hits[at] === 0) positions[head]! += 1;
      hits[at] = 1;
    }
  }
  const share = (count: number): number => count / length;
  return { positions: positions.map(share), events: events.map(share), hits };
}

/** Values of the parameters of `RETRIEVAL`. */
export const COUNT_EVENTS = 1;
export const ALWAYS_FORCED = 1;

export const RETRIEVAL: ScoreInfo = {
  id: 'retrieval',
  name: 'Retrieval',
  group: 'retrieval',
  unit: 'share of the needle',
  definition:
    'While the model answers a needle task: share of the needle’s tokens that the head copies, that is, its strongest key lies on the needle and holds the token that is generated. Mean over samples that were answered right.',
  source:
    'Wu et al. 2024, Retrieval Head Mechanistically Explains Long-Context Factuality, section 2 (arXiv 2404.15574)',
  badge: 'exact',
  granularity: 'head',
  data: 'needle',
  cost: 'forwards',
  parameters: [
    {
      id: 'count',
      name: 'Count',
      meaning:
        'What is counted over the needle’s length: needle positions, each once, while the answer is as long as the right one; or steps that hit, as the reference code counts, while the model goes on to its end token, 50 tokens or its context limit: more than 1 where it goes round in a loop. Answers that are fed in end with the right one.',
      default: 0,
      min: 0,
      max: 1,
      integer: true,
      choices: ['unique positions', 'events'],
    },
    {
      id: 'forced',
      name: 'Answers',
      meaning:
        'Whose answers are read: the model’s own, greedy ones (the right ones fed in only where it gave none); or always the right ones fed in, which is another measure.',
      default: 0,
      min: 0,
      max: 1,
      integer: true,
      choices: ['greedy', 'fed in'],
    },
  ],
  floor: null,
  domain: [0, 1],
};

/** Where the right answers were fed in, and their tokens count as generated. */
export const RETRIEVAL_FORCED: ScoreInfo = {
  ...RETRIEVAL,
  definition: `${RETRIEVAL.definition} Here the right answers were fed in instead, which is another measure.`,
  badge: 'teacher-forced',
};
