/**
 * The circuits of heads as their weights alone tell them (Elhage et al. 2021): W_OV = W_V W_O, what a head moves, and
 * W_QK = W_Q W_K^T, what it looks for. The gain of the norm before attention is folded into what reads (with the mean
 * taken out before a LayerNorm), gains of query and key norms too; biases, the scale of norms and the rotation are left
 * out. No dModel x dModel matrix is made for a head: everything is read off headDim x headDim cores.
 */
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { createSession, type Session } from '../ort/session.ts';
import { MatrixProducts, type Pause, type Stack } from './matrix-products.ts';
import { ModelWeights, type HeadMatrices, type NormWeights, type WeightsModel } from './model-weights.ts';

/** Of W_O of all layers: those of a model with more are read again each time. 256 MiB. */
const KEPT_NUMBERS = 2 ** 26;
/** Multiplications of one call of the first MLP, about, and its fewest rows. */
const CALL_WORK = 1e9;
const MIN_ROWS = 8;

/** What a head reads the residual with. */
export type Reading = 'query' | 'key' | 'value';

export class Circuits {
  readonly weights: ModelWeights;
  readonly products: MatrixProducts;
  readonly #model: WeightsModel;
  readonly #threads: number;
  #firstMlp: Promise<Session> | undefined;
  /** Results that were asked for, by what they are. */
  readonly #memo = new Map<string, unknown>();

  constructor(model: WeightsModel, threads: number) {
    this.#model = model;
    this.#threads = threads;
    this.weights = new ModelWeights(model);
    this.products = new MatrixProducts(threads);
  }

  get architecture() {
    return this.weights.architecture;
  }

  /** W_Q, W_K or W_V of a layer with the gains folded in, [heads or kvHeads, dModel, headDim]. */
  async reading(layer: number, which: Reading, breathe: Pause): Promise<Stack> {
    const { dModel, headDim } = this.architecture;
    const { weight } = await this.weights[which](layer);
    const stack = { data: weight, rows: dModel, columns: headDim };
    await foldNorm(stack, await this.weights.attentionNorm(layer), breathe);
    const gains = which === 'value' ? null : (await this.weights.headGains(layer))[which];
    if (gains !== null) {
      await eachMatrix(stack, breathe, (matrix) => {
        for (let at = 0; at < matrix.length; at++) matrix[at]! *= gains[at % headDim]!;
      });
    }
    return stack;
  }

  /** W_O of a layer, [heads, headDim, dModel]. */
  async writing(layer: number): Promise<Stack> {
    const { dModel, headDim } = this.architecture;
    return { data: (await this.output(layer)).weight, rows: headDim, columns: dModel };
  }

  /** The same with its bias, [dModel] or null; kept, because every attribution reads all of them. */
  output(layer: number): Promise<HeadMatrices> {
    const { layers, heads, headDim, dModel } = this.architecture;
    const read = () => this.weights.output(layer);
    const numbers = layers * heads * headDim * dModel;
    return numbers > KEPT_NUMBERS ? read() : this.once(`output ${layer}`, read);
  }

  /** x [rows, dModel] with what the first MLP adds to each row, as if no head had written anything. */
  async afterFirstMlp(x: Float32Array, pause: Pause): Promise<Float32Array> {
    const { dModel } = this.architecture;
    const session = await (this.#firstMlp ??= this.#openFirstMlp());
    const out = new Float32Array(x.length);
    // An MLP has some 8 to 12 times dModel x dModel weights.
    const step = dModel * Math.max(MIN_ROWS, Math.floor(CALL_WORK / (12 * dModel ** 2)));
    for (let from = 0; from < x.length; from += step) {
      const data = x.subarray(from, from + step);
      await session.runInto(
        { x: { data, dims: [data.length / dModel, dModel] } },
        { out: out.subarray(from, from + step) },
      );
      await pause();
    }
    return out;
  }

  /** What was made before under that name, else what `make` makes. A failed or cancelled attempt leaves nothing. */
  async once<T>(name: string, make: () => Promise<T>): Promise<T> {
    if (!this.#memo.has(name)) this.#memo.set(name, await make());
    return this.#memo.get(name) as T;
  }

  /** What was made before under that name, or undefined. */
  known(name: string): unknown {
    return this.#memo.get(name);
  }

  async dispose(): Promise<void> {
    await this.products.dispose();
    await this.#firstMlp?.then((session) => session.dispose());
  }

  #openFirstMlp(): Promise<Session> {
    const { architecture, weights, weightsFolder } = this.#model;
    const { blocks, dModel } = architecture;
    const g = new GraphBuilder();
    const x = g.input('x', 'float32', ['rows', dModel]);
    g.output('out', g.op('Add', [x, blocks.mlp(g, weights, 0, x)]), 'float32', ['rows', dModel]);
    const session = createSession(g.build('first-mlp'), { threads: this.#threads, externalFolder: weightsFolder });
    session.catch(() => (this.#firstMlp = undefined));
    return session;
  }
}

/**
 * In place: rows times the gain of the norm that they read through, and with a LayerNorm the mean over rows taken out, as
 * the norm takes it out of what is read.
 */
export async function foldNorm(stack: Stack, { kind, gain }: NormWeights, breathe: Pause): Promise<void> {
  const { rows, columns } = stack;
  await eachMatrix(stack, breathe, (matrix) => {
    if (gain !== null) {
      for (let row = 0; row < rows; row++) {
        for (let at = row * columns; at < (row + 1) * columns; at++) matrix[at]! *= gain[row]!;
      }
    }
    if (kind !== 'layer') return;
    const means = new Float64Array(columns);
    for (let at = 0; at < matrix.length; at++) means[at % columns]! += matrix[at]! / rows;
    for (let at = 0; at < matrix.length; at++) matrix[at]! -= means[at % columns]!;
  });
}

async function eachMatrix(
  { data, rows, columns }: Stack,
  breathe: Pause,
  change: (matrix: Float32Array) => void,
): Promise<void> {
  const size = rows * columns;
  for (let start = 0; start < data.length; start += size) {
    change(data.subarray(start, start + size));
    await breathe();
  }
}
