/** What a layer's attention under a method keeps of dense attention, by the streaming kernel. */
import { RECALL_SINKS } from '../../shared/model/method-result.ts';
import { PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import type { RowKeysMask } from '../attention/mask.ts';
import { allocateExtras, allocateRowStatistics } from '../attention/statistics.ts';
import type { OutputNorms } from '../scores/output-norms.ts';
import type { MatrixProducts } from '../weights/matrix-products.ts';
import { range } from './choose.ts';
import type { LayerReads } from './key-counts.ts';
import type { LayerData } from './method.ts';

/** Multiplications of one product: some milliseconds. */
const CALL_WORK = 1e8;
const NOTHING = new Float32Array(0);
/** Less mass than that apart from the sinks is rounding. */
const LEAST_REST = 1e-6;

export interface MassParts {
  readonly kernel: AttentionKernel;
  readonly norms: OutputNorms;
  readonly products: MatrixProducts;
  /** W_O of a layer, [heads x headDim, dModel]. */
  readonly output: (layer: number) => Promise<Float32Array>;
  readonly dModel: number;
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

/** Dense attention of the rows from promptLength on, which methods of one layer are compared with. */
export class DenseLayer {
  readonly #parts: MassParts;
  readonly #data: LayerData;
  readonly #layer: number;
  readonly #promptLength: number;
  /** [rows, heads x headDim]. */
  readonly #z: Float32Array;
  readonly #weights: Float32Array;
  readonly #dense: Gathered;
  readonly #norms: { readonly head: Float32Array; readonly written: Float32Array; readonly layer: Float64Array };

  private constructor(
    parts: MassParts,
    data: LayerData,
    layer: number,
    promptLength: number,
    z: Float32Array,
    weights: Float32Array,
    dense: Gathered,
    norms: { readonly head: Float32Array; readonly written: Float32Array; readonly layer: Float64Array },
  ) {
    this.#parts = parts;
    this.#data = data;
    this.#layer = layer;
    this.#promptLength = promptLength;
    this.#z = z;
    this.#weights = weights;
    this.#dense = dense;
    this.#norms = norms;
  }

  /** `z`: of all tokens, [tokens, heads x headDim]. */
  static async of(
    parts: MassParts,
    data: LayerData,
    layer: number,
    promptLength: number,
    z: Float32Array,
    pass: Pass,
  ): Promise<DenseLayer> {
    const rowsOfZ = z.subarray(promptLength * data.heads * data.headDim);
    const weights = await parts.norms.ofValues(layer, 'head', data.v, pass);
    const dense = await gather(parts.kernel, data, promptLength, weights, null, pass);
    const norms = {
      head: await parts.norms.ofOutputs(layer, 'head', rowsOfZ, pass),
      written: await parts.norms.ofOutputs(layer, 'written', rowsOfZ, pass),
      layer: await writtenNorms(parts, data, layer, rowsOfZ, pass),
    };
    return new DenseLayer(parts, data, layer, promptLength, rowsOfZ, weights, dense, norms);
  }

  /** `changed`: outputs, [rows, heads x headDim], of a method that does more than leave keys out. */
  async under(reads: LayerReads, changed: Float32Array | null, pass: Pass): Promise<LayerMasses> {
    const { heads, tokens } = this.#data;
    const rows = tokens - this.#promptLength;
    const own = await gather(this.#parts.kernel, this.#data, this.#promptLength, this.#weights, reads, pass);
    const dense = this.#dense;
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
    const difference = (changed ?? own.z).map((value, at) => value - this.#z[at]!);
    const headError = await norms.ofOutputs(this.#layer, 'head', difference, pass);
    const writtenError = await norms.ofOutputs(this.#layer, 'written', difference, pass);
    const layerError = await writtenNorms(this.#parts, this.#data, this.#layer, difference, pass);
    return {
      recall,
      recallSinkFree,
      recallValue,
      outputError: Float64Array.from(headError, (norm, at) => norm / this.#norms.head[at]!),
      outputErrorWO: layerError.map((norm, row) => norm / this.#norms.layer[row]!),
      outputErrorWOSum: Float64Array.from(
        { length: rows },
        (_, row) => overHeads(writtenError, heads, row) / overHeads(this.#norms.written, heads, row),
      ),
    };
  }
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
  /** Empty for dense attention. */
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
  reads: LayerReads | null,
  pass: Pass,
): Promise<Gathered> {
  const { heads, headDim, tokens, q, k, v, scale, window } = data;
  const rows = tokens - promptLength;
  const extra = { sinkFree: range(0, Math.min(RECALL_SINKS, tokens)), keyWeights: weights };
  const output = {
    z: reads === null ? NOTHING : new Float32Array(rows * heads * headDim),
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
    masks: reads && (await masksOf(reads, pass)),
    extra,
  };
  await kernel.run(input, output, pass);
  const { z, lse } = output;
  return { z, lse, rest: output.extra.sinkFree!.mass, weighted: output.extra.weightedMass! };
}

/** Long lists take some time to be put together. */
async function masksOf(reads: LayerReads, pass: Pass): Promise<RowKeysMask[]> {
  const masks: RowKeysMask[] = [];
  for (const rows of reads) {
    masks.push(rowKeys(rows));
    await pass(0);
  }
  return masks;
}

function rowKeys(rows: readonly Int32Array[]): RowKeysMask {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((keys, row) => (offsets[row + 1] = offsets[row]! + keys.length));
  const keys = new Int32Array(offsets[rows.length]!);
  rows.forEach((own, row) => keys.set(own, offsets[row]));
  return { kind: 'row-keys', offsets, keys };
}

/** Norms of the rows of z W_O summed over heads, without bias; [rows]. */
async function writtenNorms(
  { products, output, dModel }: MassParts,
  { heads, headDim }: LayerData,
  layer: number,
  z: Float32Array,
  pass: Pass,
): Promise<Float64Array> {
  const width = heads * headDim;
  const rows = z.length / width;
  const weight = { data: await output(layer), rows: width, columns: dModel };
  const step = Math.max(1, Math.floor(CALL_WORK / (width * dModel)));
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row += step) {
    const part = z.subarray(row * width, Math.min(rows, row + step) * width);
    const written = await products.single({ data: part, rows: part.length / width, columns: width }, weight, () =>
      pass(0),
    );
    for (let at = 0; at < written.length; at++) norms[row + Math.floor(at / dModel)]! += written[at]! ** 2;
  }
  return norms.map(Math.sqrt);
}
