/**
 * What a query head reads, row by row: as a bit for each key, or as runs of neighbouring keys where these take less room.
 * Windows and full rows are a run or two; scattered keys are bits.
 */

/** Rows of one head; keys are below `tokens`. */
export interface HeadReads {
  readonly rows: number;
  readonly tokens: number;
  /** Held in memory. */
  readonly bytes: number;
  /** Keys read by a row. */
  count(row: number): number;
  has(row: number, key: number): boolean;
  /** Ascending. */
  keys(row: number): Int32Array;
  /**
   * One bit a key, lowest bit first, [ceil(tokens / 8)]; not to be written to. Until the next call of any head it stays as
   * it is where `scratch`, of that length, is its own.
   */
  bits(row: number, scratch: Uint8Array): Uint8Array;
}

/** Bytes of a row of bits. */
export function rowBytes(tokens: number): number {
  return Math.ceil(tokens / 8);
}

/** Number of bits that are set in a byte. */
export const BIT_COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

/** `lists`: ascending keys of each row. */
export function packLists(lists: readonly Int32Array[], tokens: number): HeadReads {
  let runs = 0;
  for (const keys of lists) runs += countRuns(keys);
  if (runBytes(runs, lists.length, tokens) < lists.length * rowBytes(tokens)) {
    const packed = new RunReads(runs, lists.length, tokens);
    lists.forEach((keys, row) => packed.setKeys(row, keys));
    return packed;
  }
  const width = rowBytes(tokens);
  const bits = new Uint8Array(lists.length * width);
  lists.forEach((keys, row) => setBits(bits, row * width, keys));
  return new BitReads(bits, lists.length, tokens);
}

/** `bits`: [rows, ceil(tokens / 8)], which may be held on to. */
export function packBits(bits: Uint8Array, rows: number, tokens: number): HeadReads {
  const width = rowBytes(tokens);
  let runs = 0;
  for (let row = 0; row < rows; row++) runs += countRuns(keysOf(bits.subarray(row * width, (row + 1) * width)));
  if (runBytes(runs, rows, tokens) >= bits.byteLength) return new BitReads(bits, rows, tokens);
  const packed = new RunReads(runs, rows, tokens);
  for (let row = 0; row < rows; row++) {
    packed.setKeys(row, keysOf(bits.subarray(row * width, (row + 1) * width)));
  }
  return packed;
}

/** Rows of a head one part after the other. */
export function joinReads(parts: readonly HeadReads[]): HeadReads {
  return parts.length === 1 ? parts[0]! : new JoinedReads(parts);
}

class BitReads implements HeadReads {
  readonly rows: number;
  readonly tokens: number;
  readonly #bits: Uint8Array;
  readonly #width: number;

  constructor(bits: Uint8Array, rows: number, tokens: number) {
    this.#bits = bits;
    this.#width = rowBytes(tokens);
    this.rows = rows;
    this.tokens = tokens;
  }

  get bytes(): number {
    return this.#bits.byteLength;
  }

  count(row: number): number {
    let count = 0;
    for (let at = row * this.#width; at < (row + 1) * this.#width; at++) count += BIT_COUNTS[this.#bits[at]!]!;
    return count;
  }

  has(row: number, key: number): boolean {
    return ((this.#bits[row * this.#width + (key >> 3)]! >> (key & 7)) & 1) === 1;
  }

  keys(row: number): Int32Array {
    return keysOf(this.bits(row));
  }

  bits(row: number): Uint8Array {
    return this.#bits.subarray(row * this.#width, (row + 1) * this.#width);
  }
}

class RunReads implements HeadReads {
  readonly rows: number;
  readonly tokens: number;
  /** First run of each row, and one past the last, [rows + 1]. */
  readonly #first: Int32Array;
  /** First key of each run and one past its last, [runs, 2]. */
  readonly #edges: Uint16Array | Int32Array;

  constructor(runs: number, rows: number, tokens: number) {
    this.rows = rows;
    this.tokens = tokens;
    this.#first = new Int32Array(rows + 1);
    this.#edges = edgeBytes(tokens) === 2 ? new Uint16Array(2 * runs) : new Int32Array(2 * runs);
  }

  get bytes(): number {
    return this.#first.byteLength + this.#edges.byteLength;
  }

  /** Row after row. */
  setKeys(row: number, keys: Int32Array): void {
    const edges = this.#edges;
    let at = 2 * this.#first[row]!;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (i === 0 || keys[i - 1] !== key - 1) {
        edges[at] = key;
        at += 2;
      }
      edges[at - 1] = key + 1;
    }
    this.#first[row + 1] = at / 2;
  }

  count(row: number): number {
    let count = 0;
    for (let run = this.#first[row]!; run < this.#first[row + 1]!; run++) {
      count += this.#edges[2 * run + 1]! - this.#edges[2 * run]!;
    }
    return count;
  }

  has(row: number, key: number): boolean {
    let [low, high] = [this.#first[row]!, this.#first[row + 1]!];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#edges[2 * middle + 1]! <= key) low = middle + 1;
      else high = middle;
    }
    return low < this.#first[row + 1]! && this.#edges[2 * low]! <= key;
  }

  keys(row: number): Int32Array {
    const keys = new Int32Array(this.count(row));
    let at = 0;
    for (let run = this.#first[row]!; run < this.#first[row + 1]!; run++) {
      for (let key = this.#edges[2 * run]!; key < this.#edges[2 * run + 1]!; key++) keys[at++] = key;
    }
    return keys;
  }

  bits(row: number, scratch: Uint8Array): Uint8Array {
    scratch.fill(0);
    for (let run = this.#first[row]!; run < this.#first[row + 1]!; run++) {
      fillBits(scratch, this.#edges[2 * run]!, this.#edges[2 * run + 1]!);
    }
    return scratch;
  }
}

class JoinedReads implements HeadReads {
  readonly rows: number;
  readonly tokens: number;
  readonly #parts: readonly HeadReads[];
  /** First row of each part. */
  readonly #first: number[] = [];

  constructor(parts: readonly HeadReads[]) {
    this.#parts = parts;
    this.tokens = parts[0]!.tokens;
    let rows = 0;
    for (const part of parts) {
      this.#first.push(rows);
      rows += part.rows;
    }
    this.rows = rows;
  }

  get bytes(): number {
    return this.#parts.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  count(row: number): number {
    const at = this.#partOf(row);
    return this.#parts[at]!.count(row - this.#first[at]!);
  }

  has(row: number, key: number): boolean {
    const at = this.#partOf(row);
    return this.#parts[at]!.has(row - this.#first[at]!, key);
  }

  keys(row: number): Int32Array {
    const at = this.#partOf(row);
    return this.#parts[at]!.keys(row - this.#first[at]!);
  }

  bits(row: number, scratch: Uint8Array): Uint8Array {
    const at = this.#partOf(row);
    return this.#parts[at]!.bits(row - this.#first[at]!, scratch);
  }

  #partOf(row: number): number {
    let at = this.#first.length - 1;
    while (this.#first[at]! > row) at--;
    return at;
  }
}

/** Sets the bits from `start` to `end` - 1; at least one. */
export function fillBits(bits: Uint8Array, start: number, end: number): void {
  const [first, last] = [start >> 3, (end - 1) >> 3];
  const head = (0xff << (start & 7)) & 0xff;
  const tail = 0xff >> (7 - ((end - 1) & 7));
  if (first === last) {
    bits[first]! |= head & tail;
    return;
  }
  bits[first]! |= head;
  bits.fill(0xff, first + 1, last);
  bits[last]! |= tail;
}

function setBits(bits: Uint8Array, at: number, keys: Int32Array): void {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    bits[at + (key >> 3)]! |= 1 << (key & 7);
  }
}

/** Ascending keys of one row of bits. */
function keysOf(bits: Uint8Array): Int32Array {
  let count = 0;
  for (let at = 0; at < bits.length; at++) count += BIT_COUNTS[bits[at]!]!;
  const keys = new Int32Array(count);
  for (let at = 0, next = 0; next < count; at++) {
    for (let rest = bits[at]!, key = 8 * at; rest > 0; rest >>= 1, key++) if ((rest & 1) === 1) keys[next++] = key;
  }
  return keys;
}

function countRuns(keys: Int32Array): number {
  let runs = 0;
  for (let i = 0; i < keys.length; i++) if (i === 0 || keys[i - 1] !== keys[i]! - 1) runs++;
  return runs;
}

/** Keys and one past the last fit two bytes each in most prompts. */
const edgeBytes = (tokens: number): number => (tokens < 2 ** 16 ? 2 : 4);

const runBytes = (runs: number, rows: number, tokens: number): number => 4 * (rows + 1) + 2 * edgeBytes(tokens) * runs;
