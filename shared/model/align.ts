/** Which position of one prompt belongs to which of another. */
import type { Alignment } from './effect.ts';
import { matchLongest, type Steps } from './longest-common.ts';

const NONE = -1;

/**
 * The partner in `other` of each position of `clean`, or -1; [clean.length]. `start` and `end` count from there.
 * `tokens` matches equal tokens (a longest common subsequence); of what stands between two matches, runs of equal length
 * belong together position by position, since a corrupted prompt mostly has other tokens in the same places. Partners
 * ascend, and the other way round gives the inverse.
 */
export function alignPositions(clean: Int32Array, other: Int32Array, how: Alignment): Int32Array {
  const steps = alignInSteps(clean, other, how);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same; yields every few milliseconds, for whoever must not block. */
export function* alignInSteps(clean: Int32Array, other: Int32Array, how: Alignment): Steps<Int32Array> {
  if (how === 'tokens') return yield* alignTokens(clean, other);
  const shift = how === 'start' ? 0 : other.length - clean.length;
  return clean.map((_, at) => (at + shift >= 0 && at + shift < other.length ? at + shift : NONE));
}

function* alignTokens(clean: Int32Array, other: Int32Array): Steps<Int32Array> {
  // Among several longest matches the choice must not depend on which list is asked about.
  if (comesFirst(other, clean)) return inverse(yield* alignTokens(other, clean), clean);
  const partners = new Int32Array(clean.length).fill(NONE);
  const shorter = Math.min(clean.length, other.length);
  let head = 0;
  while (head < shorter && clean[head] === other[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && clean.at(-1 - tail) === other.at(-1 - tail)) tail += 1;
  for (let at = 0; at < head; at++) partners[at] = at;
  for (let at = 1; at <= tail; at++) partners[clean.length - at] = other.length - at;

  const rest = partners.subarray(head, clean.length - tail);
  yield* matchLongest(clean.subarray(head, clean.length - tail), other.subarray(head, other.length - tail), rest);
  for (let at = 0; at < rest.length; at++) if (rest[at] !== NONE) rest[at]! += head;
  pairRuns(partners, other.length);
  return partners;
}

/** Runs without partners that are as long on both sides. */
function pairRuns(partners: Int32Array, others: number): void {
  let start = 0;
  let otherStart = 0;
  for (let at = 0; at <= partners.length; at++) {
    const other = at === partners.length ? others : partners[at]!;
    if (other === NONE) continue;
    if (at - start === other - otherStart) for (let i = start; i < at; i++) partners[i] = otherStart + i - start;
    start = at + 1;
    otherStart = other + 1;
  }
}

/** Shorter, or as long and smaller at the first difference. */
function comesFirst(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return a.length < b.length;
  const at = a.findIndex((token, i) => token !== b[i]);
  return at !== -1 && a[at]! < b[at]!;
}

function inverse(partners: Int32Array, { length }: Int32Array): Int32Array {
  const result = new Int32Array(length).fill(NONE);
  for (const [at, partner] of partners.entries()) if (partner !== NONE) result[partner] = at;
  return result;
}
