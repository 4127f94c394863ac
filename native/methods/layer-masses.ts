/** What a layer's attention under a method keeps of dense attention, by the streaming kernel. */
import { RECALL_SINKS } from '../../shared/model/method-result.ts';
import { PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import { allocateExtras, allocateRowStatistics } from '../attention/statistics.ts';
import type { OutputNorms } from '../scores/output-norms.ts';
import { range } from './choose.ts';
import type { LayerReads } from './key-counts.ts';
import { withMasks } from './list-masks.ts';
import { firstVisible, type LayerData } from './method.ts';

const NOTHING = new Float32Array(0);
const NO_KEYS = new Int32Array(0);
/** Less mass than that apart from the sinks is rounding. */
const LEAST_REST = 1e-6;

export interface MassParts {
  readonly kernel: AttentionKernel;
  readonly norms: OutputNorms;
}

type Pass = (cells: number) => Promise<void>;

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

/** What is compared with, in arrays of its own. */
export interface DenseFacts {
  /** Norms of the values, [heads, tokens]. */
  readonly weights: Float32Array;
  readonly dense: Gathered;
  /** Norms of the outputs: [heads, rows] each, and [rows] for what all heads write together. */
  readonly norms: {
    readonly head: Float32Array;
    readonly written: { readonly heads: Float32Array; readonly layer: Float32Array };
  };
}

/** Dense attention of the rows from promptLength on, which methods of one layer are compared with. */
export class DenseLayer {
  readonly #parts: MassParts;
  readonly #data: LayerData;
  readonly #layer: number;
  readonly #promptLength: number;
  /** [rows, heads x headDim]. */
  readonly #z: Float32Array;
  readonly facts: DenseFacts;

  private constructor(
    parts: MassParts,
    data: LayerData,
    layer: number,
    promptLength: number,
    z: Float32Array,
    facts: DenseFacts,
  ) {
    this.#parts = parts;
    this.#data = data;
    this.#layer = layer;
    this.#promptLength = promptLength;
    this.#z = z;
    this.facts = facts;
  }

  /** `z`: of all tokens, [tokens, heads x headDim]. `known`: the facts of the same rows of the same run. */
  static async of(
    parts: MassParts,
    data: LayerData,
    layer: number,
    promptLength: number,
    z: Float32Array,
    pass: Pass,
    known?: DenseFacts,
  ): Promise<DenseLayer> {
    const rowsOfZ = z.subarray(promptLength * data.heads * data.headDim);
    const facts = known ?? (await factsOf(parts, data, layer, promptLength, rowsOfZ, pass));
    return new DenseLayer(parts, data, layer, promptLength, rowsOfZ, facts);
  }

  /** `changed`: outputs, [rows, heads x headDim], of a method that does more than leave keys out. */
  async under(reads: LayerReads, changed: Float32Array | null, pass: Pass): Promise<LayerMasses> {
    const { heads, tokens } = this.#data;
    const rows = tokens - this.#promptLength;
    const own = await this.#gathered(reads, changed === null, pass);
    const { dense, norms: whole } = this.facts;
    const recall = new Float64Array(heads * rows);
    const recallSinkFree = new Float64Array(heads * rows);
    const recallValue = new Float64Array(heads * rows);
    for (let at = 0; at < recall.length; at++) {
      const kept = Math.min(1, Math.exp(own.lse[at]! - dense.lse[at]!));
      recall[at] = kept;
      recallSinkFree[at] = dense.rest[at]! > LEAST_REST ? share(kept * own.rest[at]!, dense.rest[at]!) : NaN;
      recallValue[at] = share(kept * own.weighted[at]!, dense.weighted[at]!);
    }
    const { norms } = this.#parts;
    const z = changed ?? own.z;
    const headError = await norms.ofOutputs(this.#layer, 'head', z, pass, this.#z);
    const written = await norms.ofLayer(this.#layer, z, pass, this.#z);
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

  /** Of heads that read everything it is what dense attention has. `needsZ`: whether outputs follow from what is read. */
  async #gathered(reads: LayerReads, needsZ: boolean, pass: Pass): Promise<Gathered> {
    const { heads, headDim } = this.#data;
    const { dense, weights } = this.facts;
    const rows = reads[0]!.length;
    const whole = reads.map((lists) => readsAll(this.#data, this.#promptLength, lists));
    if (whole.every(Boolean)) return { ...dense, z: this.#z };
    const asked = reads.map((lists, head) => (whole[head] ? lists.map(() => NO_KEYS) : lists));
    const own = await gather(
      this.#parts.kernel,
      this.#data,
      this.#promptLength,
      weights,
      { reads: asked, needsZ },
      pass,
    );
    for (const head of whole.keys()) {
      if (!whole[head]) continue;
      const [start, end] = [head * rows, (head + 1) * rows];
      for (const each of ['lse', 'rest', 'weighted'] as const) own[each].set(dense[each].subarray(start, end), start);
      for (let at = head * headDim; at < own.z.length; at += heads * headDim) {
        own.z.set(this.#z.subarray(at, at + headDim), at);
      }
    }
    return own;
  }
}

/** Whether a head reads everything that the layer shows its queries. */
function readsAll(data: LayerData, promptLength: number, rows: readonly Int32Array[]): boolean {
  return rows.every((keys, row) => keys.length === promptLength + row + 1 - firstVisible(data, promptLength + row));
}

async function factsOf(
  parts: MassParts,
  data: LayerData,
  layer: number,
  promptLength: number,
  z: Float32Array,
  pass: Pass,
): Promise<DenseFacts> {
  const weights = await parts.norms.ofValues(layer, 'head', data.v, pass);
  const dense = await gather(parts.kernel, data, promptLength, weights, { reads: null, needsZ: false }, pass);
  const norms = {
    head: await parts.norms.ofOutputs(layer, 'head', z, pass),
    written: await parts.norms.ofLayer(layer, z, pass),
  };
  return { weights, dense, norms };
}

const share = (part: number, whole: number): number => Math.min(1, part / whole);

/** Sum over heads of one row of [heads, rows]. */
function overHeads(norms: Float32Array, heads: number, row: number): number {
  const rows = norms.length / heads;
  let sum = 0;
  for (let head = 0; head < heads; head++) sum += norms[head * rows + row]!;
  return sum;
}

interface Gathered {
  /** Empty where it was not asked for. */
  readonly z: Float32Array;
  /** [heads, rows], as the two below. */
  readonly lse: Float32Array;
  /** Mass apart from the first keys. */
  readonly rest: Float32Array;
  /** Mass weighted by the norms of values. */
  readonly weighted: Float32Array;
}

async function gather(
  kernel: AttentionKernel,
  data: LayerData,
  promptLength: number,
  weights: Float32Array,
  { reads, needsZ }: { readonly reads: LayerReads | null; readonly needsZ: boolean },
  pass: Pass,
): Promise<Gathered> {
  const { heads, headDim, tokens, q, k, v, scale, window } = data;
  const rows = tokens - promptLength;
  const extra = { sinkFree: range(0, Math.min(RECALL_SINKS, tokens)), keyWeights: weights };
  const output = {
    z: needsZ ? new Float32Array(rows * heads * headDim) : NOTHING,
    lse: new Float32Array(heads * rows),
    statistics: allocateRowStatistics({ heads }, rows),
    extra: allocateExtras({ heads }, rows, extra),
  };
  const input = {
    ...PLAIN,
    q: q.subarray(promptLength * heads * headDim),
    k,
    v,
    tokens,
    queryStart: promptLength,
    scale,
    window,
    extra,
  };
  if (reads === null) await kernel.run(input, output, pass);
  else await withMasks(reads, pass, (masks) => kernel.run({ ...input, masks }, output, pass));
  const { z, lse } = output;
  return { z, lse, rest: output.extra.sinkFree!.mass, weighted: output.extra.weightedMass! };
}
