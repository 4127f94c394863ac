/** What methods read, to and from the form that session files keep. */
import { AppError } from '../../../shared/base/app-error.ts';
import type { StoredTrace } from '../../../shared/model/method-views.ts';
import { sessionInvalid } from '../../session/session-invalid.ts';
import { firstVisible } from '../method.ts';
import type { MethodTrace, TraceStates } from '../trace-store.ts';
import { packBits, rowBytes, type HeadReads } from './head-reads.ts';

/** Bytes of bits that are written and read. */
const MOST_BYTES = 2 ** 28;
/** Far over what there is, so that products of sizes stay whole numbers. */
const MOST_TOKENS = 2 ** 24;
const MOST_HEADS = 2 ** 12;

/** Throws `too-large`, `CancelledError`. */
export async function storeTrace(trace: MethodTrace, breathe: () => Promise<void>): Promise<StoredTrace> {
  const { tokens, firstRow, rows, windows, changes, propagated } = trace;
  const [layers, heads] = [trace.layers.length, trace.layers[0]!.length];
  const size = rows * rowBytes(tokens);
  const bytes = layers * heads * size;
  if (bytes > MOST_BYTES) {
    throw new AppError(
      'too-large',
      `What this method read takes ${Math.ceil(bytes / 2 ** 20)} MiB, over the ${MOST_BYTES / 2 ** 20} MiB that a session keeps.`,
      { hint: 'Save the comparison without it, or run the method on a shorter prompt.' },
    );
  }
  const bits = new Uint8Array(bytes);
  for (const [at, reads] of trace.layers.flat().entries()) {
    bits.set(bitsOf(reads), at * size);
    await breathe();
  }
  const stored = Int32Array.from(windows, (window) => window ?? 0);
  return { tokens, firstRow, rows, layers, heads, windows: stored, changes, propagated, bits };
}

/** All rows of a head, [rows, ceil(tokens / 8)]. */
export function bitsOf(reads: HeadReads): Uint8Array {
  const width = rowBytes(reads.tokens);
  const bits = new Uint8Array(reads.rows * width);
  const scratch = new Uint8Array(width);
  for (let row = 0; row < reads.rows; row++) bits.set(reads.bits(row, scratch), row * width);
  return bits;
}

/** Takes nothing of it for granted. Throws `session-invalid`, `CancelledError`. */
export async function unpackTrace(
  stored: StoredTrace,
  states: TraceStates | null,
  breathe: () => Promise<void>,
): Promise<MethodTrace> {
  checkSizes(stored);
  const { tokens, firstRow, rows, heads, changes, propagated } = stored;
  const windows = Array.from(stored.windows, (window) => (window === 0 ? null : window));
  const size = rows * rowBytes(tokens);
  const layers: HeadReads[][] = [];
  let bytes = 0;
  for (const [layer, window] of windows.entries()) {
    const own: HeadReads[] = [];
    for (let head = 0; head < heads; head++) {
      const at = (layer * heads + head) * size;
      const bits = stored.bits.slice(at, at + size);
      checkBits(bits, { tokens, firstRow, rows, window });
      own.push(packBits(bits, rows, tokens));
      bytes += own.at(-1)!.bytes;
      await breathe();
    }
    layers.push(own);
  }
  return { tokens, firstRow, windows, changes, propagated, rows, layers, states, bytes, stateBytes: 0 };
}

function checkSizes(stored: StoredTrace): void {
  const { tokens, firstRow, rows, layers, heads, windows, changes, propagated, bits } = stored;
  const isWithin = (value: unknown, least: number, most: number) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  const fits =
    isWithin(tokens, 1, MOST_TOKENS) &&
    isWithin(firstRow, 0, tokens - 1) &&
    isWithin(rows, 1, tokens - firstRow) &&
    isWithin(layers, 1, MOST_HEADS) &&
    isWithin(heads, 1, MOST_HEADS) &&
    windows instanceof Int32Array &&
    windows.length === layers &&
    windows.every((window) => window >= 0) &&
    typeof changes === 'boolean' &&
    typeof propagated === 'boolean' &&
    bits instanceof Uint8Array &&
    bits.length === layers * heads * rows * rowBytes(tokens);
  if (!fits) throw sessionInvalid('What a method read has not the sizes that it names');
}

/** No query reads what it does not see. */
function checkBits(
  bits: Uint8Array,
  { tokens, firstRow, rows, window }: Pick<StoredTrace, 'tokens' | 'firstRow' | 'rows'> & { window: number | null },
): void {
  const width = rowBytes(tokens);
  for (let row = 0; row < rows; row++) {
    const query = firstRow + row;
    const own = bits.subarray(row * width, (row + 1) * width);
    if (anyBit(own, query + 1, 8 * width) || anyBit(own, 0, firstVisible({ window }, query))) {
      throw sessionInvalid(`What a method read has keys that query ${query} does not see`);
    }
  }
}

/** Whether one of the bits from `start` to `end` - 1 is set. */
function anyBit(bits: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    // A byte at a time where there is a whole one.
    if ((at & 7) === 0 && at + 8 <= end) {
      if (bits[at >> 3] !== 0) return true;
      at += 7;
    } else if (((bits[at >> 3]! >> (at & 7)) & 1) === 1) return true;
  }
  return false;
}
