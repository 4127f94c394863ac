/**
 * A longest common subsequence of two token lists, in steps: memory stays within a few megabytes whatever their length,
 * and whoever asks can let others in between the steps.
 *
 * Rows of the table of lengths are kept as bits, one where the length does not grow (Crochemore et al. 2001, Hyyrö 2004);
 * a table too large to be traced back is halved first (Hirschberg 1975).
 */

/** Bits of a word: sums of two words and a carry stay small integers. */
const BITS = 30;
const FULL = 2 ** BITS - 1;
/** Words of the table that is traced back: 4 MiB. */
const TABLE_WORDS = 2 ** 20;
/** Words that are looked at between two steps: some milliseconds. */
const STEP_WORDS = 2 ** 16;

export type Steps<T> = Generator<undefined, T, undefined>;

/**
 * Writes the partner of each matched token of `a` into `partners`, [a.length]; the others stay as they are. Of several
 * longest ones, one near the diagonal: where tokens were replaced one by one, those that stayed are matched in place.
 */
export function* matchLongest(a: Int32Array, b: Int32Array, partners: Int32Array): Steps<void> {
  const pace = { words: 0 };
  const blocks = [{ top: 0, bottom: a.length, left: 0, right: b.length }];
  for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) {
    const { top, bottom, left, right } = block;
    if (top === bottom || left === right) continue;
    if ((bottom - top) * wordsFor(right - left) <= TABLE_WORDS || bottom - top === 1) {
      yield* traceBack(a, b, block, partners, pace);
      continue;
    }
    const middle = Math.floor((top + bottom) / 2);
    const part = b.subarray(left, right);
    const above = yield* lengths(a.subarray(top, middle), part, pace);
    const below = yield* lengths(a.slice(middle, bottom).reverse(), part.slice().reverse(), pace);
    let best = 0;
    let bestSum = -1;
    for (let at = 0; at <= part.length; at++) {
      const sum = above[at]! + below[part.length - at]!;
      const isNearer = Math.abs(left + at - middle) < Math.abs(left + best - middle);
      if (sum > bestSum || (sum === bestSum && isNearer)) [best, bestSum] = [at, sum];
    }
    blocks.push({ top, bottom: middle, left, right: left + best });
    blocks.push({ top: middle, bottom, left: left + best, right });
  }
}

interface Pace {
  words: number;
}
interface Block {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

function wordsFor(columns: number): number {
  return Math.ceil(columns / BITS);
}

/** Where each token stands in `b`: words and their bits, by turns. */
function occurrences(b: Int32Array): Map<number, number[]> {
  const byToken = new Map<number, number[]>();
  for (const [at, token] of b.entries()) {
    const list = byToken.get(token) ?? [];
    if (list.length === 0) byToken.set(token, list);
    const word = Math.floor(at / BITS);
    const bit = 2 ** (at % BITS);
    if (list.at(-2) === word) list[list.length - 1]! |= bit;
    else list.push(word, bit);
  }
  return byToken;
}

/** One row down, in place. Words without the token change only by what is carried into them. Returns words looked at. */
function descend(row: Int32Array, found: readonly number[]): number {
  let looked = 0;
  let carry = 0;
  let word = 0;
  for (let at = 0; at < found.length; at += 2) {
    const next = found[at]!;
    for (; carry !== 0 && word < next; word++, looked++) carry = absorb(row, word);
    word = next;
    const bits = row[word]!;
    const mask = found[at + 1]!;
    const sum = bits + (bits & mask) + carry;
    row[word] = (sum & FULL) | (bits & ~mask);
    carry = sum > FULL ? 1 : 0;
    word += 1;
    looked += 1;
  }
  for (; carry !== 0 && word < row.length; word++, looked++) carry = absorb(row, word);
  return looked;
}

function absorb(row: Int32Array, word: number): number {
  const bits = row[word]!;
  if (bits === FULL) return 1;
  row[word] = (bits + 1) | bits;
  return 0;
}

/** Length of the longest common subsequence of all of `a` with the first j of `b`, [b.length + 1]. */
function* lengths(a: Int32Array, b: Int32Array, pace: Pace): Steps<Int32Array> {
  const found = occurrences(b);
  const row = new Int32Array(wordsFor(b.length)).fill(FULL);
  for (const token of a) {
    pace.words += 1 + descend(row, found.get(token) ?? []);
    if (isDue(pace)) yield;
  }
  const result = new Int32Array(b.length + 1);
  for (let at = 0; at < b.length; at++) result[at + 1] = result[at]! + grows(row, 0, at);
  return result;
}

function* traceBack(
  a: Int32Array,
  b: Int32Array,
  { top, bottom, left, right }: Block,
  partners: Int32Array,
  pace: Pace,
): Steps<void> {
  const found = occurrences(b.subarray(left, right));
  const words = wordsFor(right - left);
  /** Row i holds the lengths of the first i tokens. */
  const table = new Int32Array((bottom - top + 1) * words).fill(FULL, 0, words);
  for (let row = 0; row < bottom - top; row++) {
    table.copyWithin((row + 1) * words, row * words, (row + 1) * words);
    const own = table.subarray((row + 1) * words, (row + 2) * words);
    pace.words += words + descend(own, found.get(a[top + row]!) ?? []);
    if (isDue(pace)) yield;
  }
  let i = bottom - top;
  let j = right - left;
  let length = lengthAt(table, i * words, j);
  while (length > 0) {
    const over = lengthAt(table, (i - 1) * words, j);
    const before = length - grows(table, i * words, j - 1);
    const both = over - grows(table, (i - 1) * words, j - 1);
    pace.words += wordsFor(j);
    if (isDue(pace)) yield;
    // Towards the diagonal of the two lists, or along it.
    const offset = left + j - (top + i);
    if (offset > 0 && before === length) j -= 1;
    else if (offset < 0 && over === length) i -= 1;
    else if (a[top + i - 1] === b[left + j - 1]) {
      i -= 1;
      j -= 1;
      length = both;
      partners[top + i] = left + j;
    } else if (both === length) {
      i -= 1;
      j -= 1;
    } else if (over === length) i -= 1;
    else j -= 1;
  }
}

/** 1 where the length grows with column `at` of a row of bits that begins at `start`. */
function grows(table: Int32Array, start: number, at: number): number {
  return ((table[start + Math.floor(at / BITS)]! >>> (at % BITS)) & 1) ^ 1;
}

function lengthAt(table: Int32Array, start: number, columns: number): number {
  const whole = Math.floor(columns / BITS);
  let length = 0;
  for (let word = 0; word < whole; word++) length += ones(~table[start + word]! & FULL);
  const rest = columns % BITS;
  return rest === 0 ? length : length + ones(~table[start + whole]! & (2 ** rest - 1));
}

function ones(bits: number): number {
  let sum = bits - ((bits >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function isDue(pace: Pace): boolean {
  if (pace.words < STEP_WORDS) return false;
  pace.words = 0;
  return true;
}
