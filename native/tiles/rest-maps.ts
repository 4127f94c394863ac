/**
 * Maps whose rows sum to 1 without their first keys. The log-sum-exp of what is left is computed anew: taken from that of
 * the whole row it would lose its digits where nearly all attention is on the keys that are left out.
 */
import { CancelledError } from '../../shared/base/app-error.ts';
import { groupOf } from '../../shared/model/head-id.ts';
import type { TileValue } from '../../shared/tensor/tile.ts';
import { PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import { gatherHead, type MapShape } from '../pattern/score-blocks.ts';
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
    const window = this.#shape.slidingWindow[map.layer] ?? Infinity;
    const lse = rest.map((own, row) => {
      const first = Math.max(0, row - window + 1);
      const left = row + 1 - Math.max(first, skipKeys);
      return left > 0 ? own + Math.log((row + 1 - first) / left) : own;
    });
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
}
