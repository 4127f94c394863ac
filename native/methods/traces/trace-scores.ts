/** Scores of the states of traces, in blocks of rows, and the log-sum-exp of their rows. */
import { CancelledError } from '../../../shared/base/app-error.ts';
import { createKernel } from '../../attention/choose-kernel.ts';
import { PLAIN, type AttentionKernel, type AttentionShape } from '../../attention/kernel.ts';
import { ScoreReader, type Region } from '../../pattern/score-blocks.ts';
import type { LayerStates } from '../trace-store.ts';
import type { HeadReads } from './head-reads.ts';

/** Of one head. */
export type ScoreRegion = Omit<Region, 'layer'>;

export class TraceScores {
  readonly #addon: string;
  readonly #threads: number;
  /** By sizes of a model. */
  readonly #readers = new Map<string, ScoreReader>();
  readonly #kernels = new Map<string, Promise<AttentionKernel>>();
  /** Where the states do not know them, by what they are of. */
  readonly #lse = new WeakMap<object, Float32Array>();

  /** `addon`: path of the attention addon. */
  constructor(addon: string, threads: number) {
    this.#addon = addon;
    this.#threads = threads;
  }

  /**
   * `visit` gets q.k of the keys from keyStart on, before the scale; those after the query mean nothing. Throws
   * `CancelledError`.
   */
  async eachRow(
    { heads, kvHeads, headDim, tokens, q, k }: LayerStates,
    region: ScoreRegion,
    signal: AbortSignal,
    visit: (query: number, products: Float32Array) => void,
  ): Promise<void> {
    // Keys after the last row are in every row's future.
    const keyEnd = Math.min(region.keyEnd, region.rowEnd);
    const width = keyEnd - region.keyStart;
    if (width <= 0) return;
    const reader = this.#readerOf({ heads, kvHeads, headDim });
    for await (const block of reader.blocks({ tokens, layers: [{ q, k }] }, { ...region, layer: 0, keyEnd })) {
      if (signal.aborted) throw new CancelledError();
      for (let row = block.rowStart; row < block.rowEnd; row++) {
        const at = (row - block.rowStart) * width;
        visit(row, block.scores.subarray(at, at + width));
      }
    }
  }

  /**
   * Of dense attention, [heads, tokens]; computed once where it is not known. `layer`: the reads of the layer, which stand
   * for it as long as the trace is held. Throws `CancelledError`.
   */
  async lse(states: LayerStates, layer: readonly HeadReads[], signal: AbortSignal): Promise<Float32Array> {
    const known = states.lse ?? this.#lse.get(layer);
    if (known !== undefined) return known;
    const { heads, kvHeads, headDim, tokens, scale, window } = states;
    const q = states.q.subarray(0, tokens * heads * headDim);
    const k = states.k.subarray(0, tokens * kvHeads * headDim);
    const kernel = await this.#kernelOf({ heads, kvHeads, headDim });
    const lse = new Float32Array(heads * tokens);
    // What values there are does not matter.
    const input = { ...PLAIN, q, k, v: k, tokens, scale, window };
    const z = new Float32Array(kernel.gathersExtras ? 0 : q.length);
    await kernel.run(input, { z, lse, statistics: null, extra: null }, () => {
      return signal.aborted ? Promise.reject(new CancelledError()) : Promise.resolve();
    });
    this.#lse.set(layer, lse);
    return lse;
  }

  async dispose(): Promise<void> {
    for (const reader of this.#readers.values()) await reader.dispose();
    for (const kernel of this.#kernels.values()) await (await kernel).dispose();
    this.#readers.clear();
    this.#kernels.clear();
  }

  #readerOf(shape: AttentionShape): ScoreReader {
    const name = nameOf(shape);
    const reader =
      this.#readers.get(name) ?? new ScoreReader({ ...shape, scale: [1], slidingWindow: [null] }, this.#threads);
    this.#readers.set(name, reader);
    return reader;
  }

  #kernelOf(shape: AttentionShape): Promise<AttentionKernel> {
    const name = nameOf(shape);
    const kernel = this.#kernels.get(name) ?? createKernel(this.#addon, shape, this.#threads);
    this.#kernels.set(name, kernel);
    return kernel;
  }
}

const nameOf = ({ heads, kvHeads, headDim }: AttentionShape): string => `${heads} ${kvHeads} ${headDim}`;
