/** Masks over the rows of a prompt; the rows after it see everything. */
import { AppError } from '../../shared/base/app-error.ts';
import type { MaskSpec } from '../attention/mask.ts';
import { range, rangeView } from './choose.ts';
import type { LayerData, LayerSelector, MethodContext } from './method.ts';
import { byPosition } from './one-shot.ts';

/** Keys of all rows of a head; 4 bytes each. */
const MOST_KEYS = 2 ** 26;

/** What a method that leaves the rows after the prompt as they are reads there. */
export function readsEverything(data: LayerData, context: MethodContext): Promise<LayerSelector> {
  return Promise.resolve(byPosition(data, context, (query) => rangeView(0, query + 1)));
}

/**
 * Lists of keys, row by row: `keysAt` gives those of the rows of the prompt, ascending.
 *
 * @throws AppError `too-large`
 */
export function maskOfRows(
  { tokens }: Pick<LayerData, 'tokens'>,
  { promptLength }: Pick<MethodContext, 'promptLength'>,
  keysAt: (query: number) => Int32Array,
): MaskSpec {
  const offsets = new Int32Array(tokens + 1);
  let keys = new Int32Array(2 ** 16);
  for (let query = 0; query < tokens; query++) {
    const own = query < promptLength ? keysAt(query) : rangeView(0, query + 1);
    const start = offsets[query]!;
    const end = (offsets[query + 1] = start + own.length);
    if (end > MOST_KEYS) throw tooLarge(tokens);
    if (end > keys.length) {
      const larger = new Int32Array(Math.max(2 * keys.length, end));
      larger.set(keys);
      keys = larger;
    }
    keys.set(own, start);
  }
  return { kind: 'row-keys', offsets, keys: keys.slice(0, offsets[tokens]) };
}

function tooLarge(tokens: number): AppError {
  return new AppError('too-large', `The keys that one head keeps of ${tokens} rows are over ${MOST_KEYS}.`, {
    hint: 'Keep fewer, or take a shorter prompt.',
  });
}

/**
 * Blocks of the rows of the prompt: `kept`, [blocks x blocks] with blocks = ceil(promptLength / size), of which those
 * above the diagonal do not count.
 */
export function maskOfBlocks(
  data: Pick<LayerData, 'tokens'>,
  context: Pick<MethodContext, 'promptLength'>,
  size: number,
  kept: Uint8Array,
): MaskSpec {
  const { promptLength } = context;
  const blocks = Math.ceil(promptLength / size);
  if (data.tokens === promptLength) return { kind: 'blocks', size, kept };
  if (promptLength % size !== 0) {
    return maskOfRows(data, context, (query) => {
      const row = Math.floor(query / size) * blocks;
      return range(0, query + 1).filter((key) => kept[row + Math.floor(key / size)] !== 0);
    });
  }
  const side = Math.ceil(data.tokens / size);
  const all = new Uint8Array(side * side).fill(1);
  for (let row = 0; row < blocks; row++) all.set(kept.subarray(row * blocks, (row + 1) * blocks), row * side);
  return { kind: 'blocks', size, kept: all };
}
