/** What a layer's attention under a method keeps of dense attention. */
import { gather, type DenseLayer, type Gathered, type Pass } from './dense-layer.ts';
import type { LayerReads } from './key-counts.ts';
import { withMasks } from './list-masks.ts';
import { firstVisible, upTo, type LayerData } from './method.ts';

const NO_KEYS = new Int32Array(0);
/** Less mass than that apart from the sinks is rounding. */
const LEAST_REST = 1e-6;

/** [heads, rows] unless said; NaN where there is nothing to compare with. */
export interface LayerMasses {
  readonly recall: Float64Array;
  readonly recallSinkFree: Float64Array;
  readonly recallValue: Float64Array;
  readonly outputError: Float64Array;
  /** [rows]. */
  readonly outputErrorWO: Float64Array;
  readonly outputErrorWOSum: Float64Array;
}

/** Rows of a layer under a method, as they come. */
export class LayerUnder {
  readonly #dense: DenseLayer;
  readonly #own: Gathered;
  readonly #rows: number;

  /** `needsZ`: whether outputs follow from what is read. */
  constructor(dense: DenseLayer, needsZ: boolean) {
    const { heads, headDim, tokens } = dense.data;
    this.#dense = dense;
    const rows = (this.#rows = tokens - dense.firstRow);
    const perRow = () => new Float32Array(heads * rows);
    const z = new Float32Array(needsZ ? rows * heads * headDim : 0);
    this.#own = { z, lse: perRow(), rest: perRow(), weighted: perRow() };
  }

  /** The rows from query `first` on. Those that read everything have what dense attention has. */
  async add(first: number, reads: LayerReads, pass: Pass): Promise<void> {
    const { parts, data, facts, firstRow, z } = this.#dense;
    const { heads, headDim } = data;
    const [own, count, width] = [this.#own, reads[0]!.length, heads * headDim];
    const row = first - firstRow;
    const whole = reads.map((rows) => rows.map((keys, at) => readsAll(data, first + at, keys)));
    if (!whole.every((rows) => rows.every(Boolean))) {
      const seen = upTo(first + count, data);
      const asked = reads.map((rows, head) => rows.map((keys, at) => (whole[head]![at] ? NO_KEYS : keys)));
      const weights = firstOf(facts.weights, data.tokens, seen.tokens);
      const needsZ = own.z.length > 0;
      const part = await withMasks(asked, pass, (masks) =>
        gather(parts.kernel, seen, first, weights, { masks, needsZ }, pass),
      );
      if (needsZ) own.z.set(part.z, row * width);
      for (let head = 0; head < heads; head++) {
        const of = (values: Float32Array) => values.subarray(head * count, (head + 1) * count);
        for (const each of MASSES) own[each].set(of(part[each]), head * this.#rows + row);
      }
    }
    whole.forEach((rows, head) => {
      rows.forEach((isWhole, at) => {
        if (!isWhole) return;
        const place = head * this.#rows + row + at;
        for (const each of MASSES) own[each][place] = facts.dense[each][place]!;
        const start = (row + at) * width + head * headDim;
        if (own.z.length > 0) own.z.set(z.subarray(start, start + headDim), start);
      });
    });
  }

  /** Once all rows are there. `changed`: outputs, [rows, heads x headDim], of a method that does more than leave keys out. */
  async masses(changed: Float32Array | null, pass: Pass): Promise<LayerMasses> {
    const { parts, data, layer, z: denseZ, facts } = this.#dense;
    const { dense, norms: whole } = facts;
    const { heads } = data;
    const own = this.#own;
    const rows = this.#rows;
    const recall = new Float64Array(heads * rows);
    const recallSinkFree = new Float64Array(heads * rows);
    const recallValue = new Float64Array(heads * rows);
    for (let at = 0; at < recall.length; at++) {
      const kept = Math.min(1, Math.exp(own.lse[at]! - dense.lse[at]!));
      recall[at] = kept;
      recallSinkFree[at] = dense.rest[at]! > LEAST_REST ? share(kept * own.rest[at]!, dense.rest[at]!) : NaN;
      recallValue[at] = share(kept * own.weighted[at]!, dense.weighted[at]!);
    }
    const z = changed ?? own.z;
    const headError = await parts.norms.ofOutputs(layer, 'head', z, pass, denseZ);
    const written = await parts.norms.ofLayer(layer, z, pass, denseZ);
    return {
      recall,
      recallSinkFree,
      recallValue,
      outputError: Float64Array.from(headError, (norm, at) => norm / whole.head[at]!),
      outputErrorWO: Float64Array.from(written.layer, (norm, row) => norm / whole.written.layer[row]!),
      outputErrorWOSum: Float64Array.from(
        { length: rows },
        (_, row) => overHeads(written.heads, heads, row) / overHeads(whole.written.heads, heads, row),
      ),
    };
  }
}

const MASSES = ['lse', 'rest', 'weighted'] as const;

/** Whether a query reads everything that the layer shows it. */
function readsAll(data: LayerData, query: number, keys: Int32Array): boolean {
  return keys.length === query + 1 - firstVisible(data, query);
}

/** The first `count` of each row of [.., width]. */
function firstOf(values: Float32Array, width: number, count: number): Float32Array {
  if (count === width) return values;
  const first = new Float32Array((values.length / width) * count);
  for (let from = 0, to = 0; from < values.length; from += width, to += count) {
    first.set(values.subarray(from, from + count), to);
  }
  return first;
}

const share = (part: number, whole: number): number => Math.min(1, part / whole);

/** Sum over heads of one row of [heads, rows]. */
function overHeads(norms: Float32Array, heads: number, row: number): number {
  const rows = norms.length / heads;
  let sum = 0;
  for (let head = 0; head < heads; head++) sum += norms[head * rows + row]!;
  return sum;
}
