/**
 * Maps whose rows sum to 1 without their first keys. The log-sum-exp of what is left is computed anew: taken from that of
 * the whole row it would lose its digits where nearly all attention is on the keys that are left out.
 */
import { CancelledError } from '../../shared/base/app-error.ts';
import { groupOf } from '../../shared/model/head-id.ts';
import type { TileValue } from '../../shared/tensor/tile.ts';
import { PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import { breather } from '../forward/breathe.ts';
import { capturedRows } from '../interventions/captured-rows.ts';
import type { HeadRows } from '../interventions/head-rows.ts';
import { gatherHead, isEdited, type MapShape } from '../pattern/score-blocks.ts';
import { mapId } from './map-id.ts';
import { SharedPasses } from './shared-passes.ts';
import { lseOf, type MapOf } from './texels.ts';

/** Of one head each: 4 bytes a token. */
const KEPT_HEADS = 32;

export class RestMaps {
  readonly #shape: MapShape;
  readonly #makeKernel: () => Promise<AttentionKernel>;
  readonly #known = new SharedPasses<Float32Array>(KEPT_HEADS);
  #kernel: Promise<AttentionKernel> | undefined;

  /** `makeKernel`: for a single head; called when it is first needed. */
  constructor(shape: MapShape, makeKernel: () => Promise<AttentionKernel>) {
    this.#shape = shape;
    this.#makeKernel = makeKernel;
  }

  /**
   * The map as if its queries did not see the first `skipKeys` keys; a lift is then one over uniform attention to the
   * others. Only for tiles that skip these keys. Throws `CancelledError`.
   */
  async mapOf(map: MapOf, skipKeys: number, value: TileValue, signal: AbortSignal): Promise<MapOf> {
    const compute = (stop: AbortSignal) => this.#restOf(map, skipKeys, stop);
    const rest = await this.#known.of(`${mapId(map)} ${skipKeys}`, compute, signal);
    if (value !== 'lift') return { ...map, lse: rest };
    // Texels multiply by all keys that the layer lets a query see.
    const lse = rest.slice();
    const edited = this.#editedRows(map);
    const window = this.#shape.slidingWindow[map.layer] ?? Infinity;
    const breathe = breather({ signal });
    for (let row = 0; row < lse.length; row++) {
      const first = Math.max(0, row - window + 1);
      let [all, left] = [row + 1 - first, row + 1 - Math.max(first, skipKeys)];
      if (edited !== null) {
        const visible = edited.visible(row);
        all = visible.reduce((a, b) => a + b, 0);
        left = visible.subarray(skipKeys).reduce((a, b) => a + b, 0);
        await breathe();
      }
      if (left > 0) lse[row]! += Math.log(all / left);
    }
    return { ...map, lse };
  }

  async dispose(): Promise<void> {
    await (await this.#kernel)?.dispose();
  }

  /** [tokens]; rows that nothing is left of keep theirs, which no cell is told by. */
  async #restOf(map: MapOf, skipKeys: number, signal: AbortSignal): Promise<Float32Array> {
    const { heads, kvHeads, headDim, scale, slidingWindow } = this.#shape;
    const { capture, layer, head } = map;
    const rest = lseOf(map).slice();
    const tokens = capture.tokens - skipKeys;
    if (tokens <= 0) return rest;
    const edited = this.#editedRows(map);
    if (edited !== null) return editedRest(edited, rest, skipKeys, breather({ signal }));
    this.#kernel ??= this.#makeKernel();
    const kernel = await this.#kernel;
    const { q: queries, k: keys } = capture.layers[layer]!;
    const q = gatherHead(queries, head, heads, headDim, skipKeys, capture.tokens);
    const k = gatherHead(keys, groupOf(head, heads, kvHeads), kvHeads, headDim, skipKeys, capture.tokens);
    // Causality and window are differences of positions, so the rest is a prompt of its own. What values there are does
    // not matter.
    const input = { ...PLAIN, q, k, v: k, tokens, scale: scale[layer]!, window: slidingWindow[layer] ?? null };
    const lse = new Float32Array(tokens);
    const z = new Float32Array(kernel.gathersExtras ? 0 : tokens * headDim);
    await kernel.run(input, { z, lse, statistics: null, extra: null }, () => {
      return signal.aborted ? Promise.reject(new CancelledError()) : Promise.resolve();
    });
    rest.set(lse, skipKeys);
    return rest;
  }

  #editedRows({ capture, layer, head }: MapOf): HeadRows | null {
    return isEdited(capture, layer, head) ? capturedRows(this.#shape, capture, layer, head) : null;
  }
}

async function editedRest(
  rows: HeadRows,
  rest: Float32Array,
  skipKeys: number,
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  for (let row = skipKeys; row < rest.length; row++) {
    const { scores } = rows.scores(row, skipKeys, row + 1);
    let top = -Infinity;
    for (const score of scores) if (score > top) top = score;
    if (top > -Infinity) {
      let sum = 0;
      for (const score of scores) sum += Math.exp(score - top);
      rest[row] = top + Math.log(sum);
    }
    await breathe();
  }
  return rest;
}
