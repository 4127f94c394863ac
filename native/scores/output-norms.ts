/**
 * Norms of what heads write into the residual, |z W_O|, without writing it: |z W_O|^2 = z G z^T with G = W_O W_O^T,
 * which is headDim x headDim.
 */
import type { Architecture } from '../families/family.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { SessionCache } from '../ort/session-cache.ts';

/** W_O of one layer by query head, [heads, headDim, dModel]. */
export type OutputWeights = (layer: number) => Promise<Float32Array>;

/** Multiplications of one call into ONNX Runtime: some milliseconds. */
const CALL_WORK = 1e8;
/** The same of a loop here. */
const LOOP_WORK = 4e6;

type Shape = Pick<Architecture, 'heads' | 'kvHeads' | 'headDim' | 'dModel'>;

export class OutputNorms {
  readonly #shape: Shape;
  readonly #weights: OutputWeights;
  readonly #sessions: SessionCache;
  readonly #grams = new Map<number, Promise<Float32Array>>();

  constructor(shape: Shape, weights: OutputWeights, threads: number) {
    this.#shape = shape;
    this.#weights = weights;
    this.#sessions = new SessionCache({ threads });
  }

  /**
   * Norms of z [rows, heads x headDim], or of z - `minus`, row by row, [heads, rows]. `space`: after W_O, or of z
   * itself.
   */
  async ofOutputs(
    layer: number,
    space: 'written' | 'head',
    z: Float32Array,
    checkpoint: (cells: number) => Promise<void>,
    minus?: Float32Array,
  ): Promise<Float32Array> {
    const { heads, headDim } = this.#shape;
    if (space === 'head') return normsOf(z, { inputs: heads, sharers: 1, headDim }, checkpoint, minus);
    return this.#written(heads, await this.#gram(layer), z, minus, checkpoint);
  }

  /**
   * Norms of z W_O [rows, heads x headDim], or of (z - `minus`) W_O: of what each head writes, [heads, rows], and of all
   * that they write together, without bias, [rows].
   */
  async ofLayer(
    layer: number,
    z: Float32Array,
    checkpoint: (cells: number) => Promise<void>,
    minus?: Float32Array,
  ): Promise<{ readonly heads: Float32Array; readonly layer: Float32Array }> {
    const { heads, dModel } = this.#shape;
    const ofLayer = new Float32Array(z.length / (heads * this.#shape.headDim));
    const weight = { data: await this.#weights(layer), dims: [z.length / ofLayer.length, dModel] };
    const ofHeads = await this.#written(heads, await this.#gram(layer), z, minus, checkpoint, {
      weight,
      norms: ofLayer,
    });
    return { heads: ofHeads, layer: ofLayer };
  }

  /** Norms of v W_O of each query head, or of v itself, from v [tokens, kvHeads x headDim]; [heads, tokens]. */
  async ofValues(
    layer: number,
    space: 'written' | 'head',
    v: Float32Array,
    checkpoint: (cells: number) => Promise<void>,
  ): Promise<Float32Array> {
    const { heads, kvHeads, headDim } = this.#shape;
    if (space === 'head') return normsOf(v, { inputs: kvHeads, sharers: heads / kvHeads, headDim }, checkpoint);
    return this.#written(kvHeads, await this.#gram(layer), v, undefined, checkpoint);
  }

  dispose(): Promise<void> {
    return this.#sessions.dispose();
  }

  /** `inputs`: heads of x, each shared by heads / inputs query heads. */
  async #written(
    inputs: number,
    gram: Float32Array,
    x: Float32Array,
    minus: Float32Array | undefined,
    checkpoint: (cells: number) => Promise<void>,
    together?: {
      readonly weight: { readonly data: Float32Array; readonly dims: number[] };
      readonly norms: Float32Array;
    },
  ): Promise<Float32Array> {
    const { heads, headDim, dModel } = this.#shape;
    const width = inputs * headDim;
    const rows = x.length / width;
    const norms = new Float32Array(heads * rows);
    const [differs, adds] = [minus !== undefined, together !== undefined];
    const session = await this.#sessions.get(`norms ${inputs} ${differs} ${adds}`, () =>
      buildNorms({ inputs, sharers: heads / inputs, headDim, dModel }, differs, adds),
    );
    const work = heads * headDim * (headDim + (adds ? dModel : 0));
    const step = Math.max(1, Math.min(rows, Math.floor(CALL_WORK / work)));
    for (let row = 0; row < rows; row += step) {
      const end = Math.min(rows, row + step);
      const part = (all: Float32Array) => ({ data: all.subarray(row * width, end * width), dims: [end - row, width] });
      const out = await session.run({
        x: part(x),
        gram: { data: gram, dims: [inputs, heads / inputs, headDim, headDim] },
        ...(minus && { minus: part(minus) }),
        ...(together && { weight: together.weight }),
      });
      together?.norms.set(out['together'] as Float32Array, row);
      const values = out['norms'] as Float32Array;
      for (let head = 0; head < heads; head++) {
        norms.set(values.subarray(head * (end - row), (head + 1) * (end - row)), head * rows + row);
      }
      await checkpoint(0);
    }
    return norms;
  }

  #gram(layer: number): Promise<Float32Array> {
    const known = this.#grams.get(layer);
    if (known !== undefined) return known;
    const { heads, headDim, dModel } = this.#shape;
    const made = (async () => {
      const session = await this.#sessions.get('gram', () => buildGram(heads, headDim, dModel));
      const out = await session.run({ w: { data: await this.#weights(layer), dims: [heads, headDim, dModel] } });
      return (out['gram'] as Float32Array).slice();
    })();
    this.#grams.set(layer, made);
    // What failed, for a file that could not be read, is tried again when it is asked for again.
    made.catch(() => this.#grams.delete(layer));
    return made;
  }
}

function buildGram(heads: number, headDim: number, dModel: number): Uint8Array {
  const g = new GraphBuilder();
  const w = g.input('w', 'float32', [heads, headDim, dModel]);
  const gram = g.op('MatMul', [w, g.op('Transpose', [w], { perm: [0, 2, 1] })]);
  g.output('gram', gram, 'float32', [heads, headDim, headDim]);
  return g.build('gram');
}

/** Of x [rows, inputs x headDim] (minus another) itself, summed in float64: [inputs x sharers, rows]. */
async function normsOf(
  x: Float32Array,
  { inputs, sharers, headDim }: { readonly inputs: number; readonly sharers: number; readonly headDim: number },
  checkpoint: (cells: number) => Promise<void>,
  minus?: Float32Array,
): Promise<Float32Array> {
  const rows = x.length / (inputs * headDim);
  const norms = new Float32Array(inputs * sharers * rows);
  const step = Math.ceil(LOOP_WORK / (inputs * headDim));
  for (let row = 0, at = 0; row < rows; row++) {
    for (let input = 0; input < inputs; input++) {
      let sum = 0;
      if (minus === undefined) for (const end = at + headDim; at < end; at++) sum += x[at]! * x[at]!;
      else for (const end = at + headDim; at < end; at++) sum += (x[at]! - minus[at]!) ** 2;
      const norm = Math.sqrt(sum);
      for (let sharer = 0; sharer < sharers; sharer++) norms[(input * sharers + sharer) * rows + row] = norm;
    }
    if (row % step === step - 1) await checkpoint(0);
  }
  return norms;
}

/**
 * x [rows, inputs x headDim] (minus another) against gram [inputs, sharers, headDim, headDim]: [inputs, sharers, rows]; and
 * on request its products with a weight [inputs x headDim, dModel]: [rows].
 */
function buildNorms(
  {
    inputs,
    sharers,
    headDim,
    dModel,
  }: { readonly inputs: number; readonly sharers: number; readonly headDim: number; readonly dModel: number },
  differs: boolean,
  together: boolean,
): Uint8Array {
  const g = new GraphBuilder();
  const width = inputs * headDim;
  const x = g.input('x', 'float32', ['rows', width]);
  const gram = g.input('gram', 'float32', [inputs, sharers, headDim, headDim]);
  const from = differs ? g.op('Sub', [x, g.input('minus', 'float32', ['rows', width])]) : x;
  const split = g.op('Reshape', [from, g.int([-1, inputs, 1, headDim])]);
  const byHead = g.op('Transpose', [split], { perm: [1, 2, 0, 3] });
  const product = g.op('Mul', [g.op('MatMul', [byHead, gram]), byHead]);
  const squares = g.op('ReduceSum', [product, g.int([-1])], { keepdims: 0 });
  // Rounding can leave a square below 0.
  g.output('norms', g.op('Sqrt', [g.op('Relu', [squares])]), 'float32', [inputs, sharers, 'rows']);
  if (together) {
    const written = g.op('MatMul', [from, g.input('weight', 'float32', [width, dModel])]);
    const sum = g.op('ReduceSum', [g.op('Mul', [written, written]), g.int([-1])], { keepdims: 0 });
    g.output('together', g.op('Sqrt', [sum]), 'float32', ['rows']);
  }
  return g.build('norms');
}
