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

type Shape = Pick<Architecture, 'heads' | 'kvHeads' | 'headDim' | 'dModel'>;

export class OutputNorms {
  readonly #shape: Shape;
  readonly #weights: OutputWeights;
  readonly #sessions: SessionCache;
  readonly #grams = new Map<number, Promise<Float32Array>>();
  readonly #identity: Float32Array;

  constructor(shape: Shape, weights: OutputWeights, threads: number) {
    const { heads, headDim } = shape;
    this.#shape = shape;
    this.#weights = weights;
    this.#sessions = new SessionCache({ threads });
    this.#identity = new Float32Array(heads * headDim * headDim);
    for (let at = 0; at < heads * headDim; at++) this.#identity[at * headDim + (at % headDim)] = 1;
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
    const gram = space === 'head' ? this.#identity : await this.#gram(layer);
    return this.#norms(this.#shape.heads, gram, z, minus, checkpoint);
  }

  /** Norms of v W_O of each query head, or of v itself, from v [tokens, kvHeads x headDim]; [heads, tokens]. */
  async ofValues(
    layer: number,
    space: 'written' | 'head',
    v: Float32Array,
    checkpoint: (cells: number) => Promise<void>,
  ): Promise<Float32Array> {
    const gram = space === 'head' ? this.#identity : await this.#gram(layer);
    return this.#norms(this.#shape.kvHeads, gram, v, undefined, checkpoint);
  }

  dispose(): Promise<void> {
    return this.#sessions.dispose();
  }

  /** `inputs`: heads of x, each shared by heads / inputs query heads. */
  async #norms(
    inputs: number,
    gram: Float32Array,
    x: Float32Array,
    minus: Float32Array | undefined,
    checkpoint: (cells: number) => Promise<void>,
  ): Promise<Float32Array> {
    const { heads, headDim } = this.#shape;
    const width = inputs * headDim;
    const rows = x.length / width;
    const norms = new Float32Array(heads * rows);
    const session = await this.#sessions.get(`norms ${inputs} ${minus !== undefined}`, () =>
      buildNorms(inputs, heads / inputs, headDim, minus !== undefined),
    );
    const step = Math.max(1, Math.min(rows, Math.floor(CALL_WORK / (heads * headDim * headDim))));
    for (let row = 0; row < rows; row += step) {
      const end = Math.min(rows, row + step);
      const part = (all: Float32Array) => ({ data: all.subarray(row * width, end * width), dims: [end - row, width] });
      const out = await session.run({
        x: part(x),
        gram: { data: gram, dims: [inputs, heads / inputs, headDim, headDim] },
        ...(minus && { minus: part(minus) }),
      });
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

/** x [rows, inputs x headDim] (minus another) against gram [inputs, sharers, headDim, headDim]: [inputs, sharers, rows]. */
function buildNorms(inputs: number, sharers: number, headDim: number, differs: boolean): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['rows', inputs * headDim]);
  const gram = g.input('gram', 'float32', [inputs, sharers, headDim, headDim]);
  const from = differs ? g.op('Sub', [x, g.input('minus', 'float32', ['rows', inputs * headDim])]) : x;
  const split = g.op('Reshape', [from, g.int([-1, inputs, 1, headDim])]);
  const byHead = g.op('Transpose', [split], { perm: [1, 2, 0, 3] });
  const product = g.op('Mul', [g.op('MatMul', [byHead, gram]), byHead]);
  const squares = g.op('ReduceSum', [product, g.int([-1])], { keepdims: 0 });
  // Rounding can leave a square below 0.
  g.output('norms', g.op('Sqrt', [g.op('Relu', [squares])]), 'float32', [inputs, sharers, 'rows']);
  return g.build('norms');
}
