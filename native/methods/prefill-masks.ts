/** Masks over the rows of a prompt; the rows after it see everything. */
import { range, rangeView } from './choose.ts';
import type { LayerData, LayerSelector, MethodContext, PromptMask, RowRule } from './method.ts';
import { byPosition } from './one-shot.ts';

/** What a method that leaves the rows after the prompt as they are reads there. */
export function readsEverything(data: LayerData, context: MethodContext): Promise<LayerSelector> {
  return Promise.resolve(byPosition(data, context, (query) => rangeView(0, query + 1)));
}

/** Keys row by row: `keysAt` gives those of a row of the prompt, ascending. */
export function maskOfRows(
  { promptLength }: Pick<MethodContext, 'promptLength'>,
  keysAt: (query: number) => Int32Array,
): RowRule {
  return { kind: 'rule', keysAt: (query) => (query < promptLength ? keysAt(query) : rangeView(0, query + 1)) };
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
): PromptMask {
  const { promptLength } = context;
  const blocks = Math.ceil(promptLength / size);
  if (data.tokens === promptLength) return { kind: 'blocks', size, kept };
  if (promptLength % size !== 0) {
    return maskOfRows(context, (query) => {
      const row = Math.floor(query / size) * blocks;
      return range(0, query + 1).filter((key) => kept[row + Math.floor(key / size)] !== 0);
    });
  }
  const side = Math.ceil(data.tokens / size);
  const all = new Uint8Array(side * side).fill(1);
  for (let row = 0; row < blocks; row++) all.set(kept.subarray(row * blocks, (row + 1) * blocks), row * side);
  return { kind: 'blocks', size, kept: all };
}
