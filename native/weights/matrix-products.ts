/** Products of stacks of matrices in ONNX Runtime, in calls short enough for others to be heard in between. */
import { GraphBuilder, type Value } from '../onnx/graph-builder.ts';
import { SessionCache } from '../ort/session-cache.ts';

/** Multiplications of one call: some tens of milliseconds. */
const CALL_WORK = 1e9;

/** Matrices one after another, [count, rows, columns] row-major. */
export interface Stack {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Whether the transposes of these matrices are stored: `rows` and `columns` are those of what is stored. */
  readonly flipped?: boolean;
}

/** What is awaited after every call. */
export type Pause = () => Promise<void>;

export function flipped(stack: Stack): Stack {
  return { ...stack, flipped: stack.flipped !== true };
}

export class MatrixProducts {
  readonly #sessions: SessionCache;

  constructor(threads: number) {
    this.#sessions = new SessionCache({ threads });
  }

  /**
   * a b of every pair, [larger count, rows of a, columns of b] in float32. Where there are fewer of one, each stands for
   * as many neighbours of the other, as KV heads for the query heads of their group.
   */
  async single(a: Stack, b: Stack, pause: Pause): Promise<Float32Array> {
    const out = new Float32Array(productSize(a, b));
    await this.#multiply(a, b, 'float32', out, pause);
    return out;
  }

  /** The same, computed in float64. */
  async double(a: Stack, b: Stack, pause: Pause): Promise<Float64Array> {
    const out = new Float64Array(productSize(a, b));
    await this.#multiply(a, b, 'float64', out, pause);
    return out;
  }

  /**
   * Frobenius norms of a b of every a with every b, [a's, b's]. Neither is flipped. The products themselves do not leave
   * ONNX Runtime.
   */
  async pairNorms(a: Stack, b: Stack, pause: Pause): Promise<Float32Array> {
    const [ofA, ofB] = [countOf(a), countOf(b)];
    const norms = new Float32Array(ofA * ofB);
    const session = await this.#sessions.get('pairs', buildPairNorms);
    const step = Math.max(1, Math.floor(CALL_WORK / (a.rows * a.columns * b.columns * ofB)));
    for (let from = 0; from < ofA; from += step) {
      const to = Math.min(ofA, from + step);
      const out = await session.run({
        a: { data: part(a, from, to), dims: [to - from, a.rows, a.columns] },
        b: { data: b.data, dims: [ofB, b.rows, b.columns] },
      });
      norms.set(out['norms'] as Float32Array, from * ofB);
      await pause();
    }
    return norms;
  }

  dispose(): Promise<void> {
    return this.#sessions.dispose();
  }

  async #multiply(
    a: Stack,
    b: Stack,
    dtype: 'float32' | 'float64',
    target: Float32Array | Float64Array,
    pause: Pause,
  ): Promise<void> {
    const [ofA, ofB] = [countOf(a), countOf(b)];
    const count = Math.max(ofA, ofB);
    const sharers = count / Math.min(ofA, ofB);
    const [rows, inner] = shapeOf(a);
    const columns = shapeOf(b)[1];
    const flags = [a.flipped === true, b.flipped === true] as const;
    const session = await this.#sessions.get(`${dtype} ${flags.join(' ')}`, () => buildProduct(dtype, flags));
    const fitting = Math.max(1, Math.floor(CALL_WORK / (rows * inner * columns)));
    for (let from = 0; from < count;) {
      // Whole groups, or part of one where that is too much.
      const to =
        fitting < sharers
          ? Math.min(from + fitting, from - (from % sharers) + sharers)
          : Math.min(count, from + fitting - (fitting % sharers));
      const groups = Math.ceil((to - from) / sharers);
      const input = (stack: Stack) => {
        const isShared = countOf(stack) < count;
        const first = isShared ? Math.floor(from / sharers) : from;
        const each = isShared ? 1 : (to - from) / groups;
        return {
          data: part(stack, first, first + groups * each),
          dims: [groups, each, stack.rows, stack.columns],
        };
      };
      const out = await session.run({ a: input(a), b: input(b) });
      target.set(out['product'] as Float32Array | Float64Array, from * rows * columns);
      await pause();
      from = to;
    }
  }
}

export function countOf({ data, rows, columns }: Stack): number {
  return data.length / (rows * columns);
}

/** Rows and columns of the matrices that are meant. */
function shapeOf({ rows, columns, flipped }: Stack): readonly [rows: number, columns: number] {
  return flipped === true ? [columns, rows] : [rows, columns];
}

function productSize(a: Stack, b: Stack): number {
  return Math.max(countOf(a), countOf(b)) * shapeOf(a)[0] * shapeOf(b)[1];
}

/** The matrix with that index, as it is stored. */
export function matrixOf(stack: Stack, index: number): Float32Array {
  return part(stack, index, index + 1);
}

function part({ data, rows, columns }: Stack, from: number, to: number): Float32Array {
  return data.subarray(from * rows * columns, to * rows * columns);
}

function buildProduct(dtype: 'float32' | 'float64', isFlipped: readonly [a: boolean, b: boolean]): Uint8Array {
  const g = new GraphBuilder();
  const [a, b] = (['a', 'b'] as const).map((name, at) => {
    const stored = g.input(name, 'float32', ['groups', `${name} each`, `${name} rows`, `${name} columns`]);
    const meant = isFlipped[at] === true ? g.op('Transpose', [stored], { perm: [0, 1, 3, 2] }) : stored;
    return dtype === 'float64' ? g.op('Cast', [meant], { to: 11 }) : meant;
  });
  g.output('product', g.op('MatMul', [a!, b!]), dtype, ['groups', 'each', 'rows', 'columns']);
  return g.build('product');
}

/** As one product of all rows of a with all columns of b. */
function buildPairNorms(): Uint8Array {
  const g = new GraphBuilder();
  const a = g.input('a', 'float32', ['of a', 'rows', 'inner']);
  const b = g.input('b', 'float32', ['of b', 'inner', 'columns']);
  const size = (value: Value, axis: number) => g.op('Shape', [value], { start: axis, end: axis + 1 });
  const [rows, inner, columns] = [size(a, 1), size(a, 2), size(b, 2)];
  const tall = g.op('Reshape', [a, g.op('Concat', [g.int([-1]), inner], { axis: 0 })]);
  const byInner = g.op('Transpose', [b], { perm: [1, 0, 2] });
  const wide = g.op('Reshape', [byInner, g.op('Concat', [inner, g.int([-1])], { axis: 0 })]);
  const shape = g.op('Concat', [size(a, 0), rows, size(b, 0), columns], { axis: 0 });
  const blocks = g.op('Reshape', [g.op('MatMul', [tall, wide]), shape]);
  const squares = g.op('ReduceSumSquare', [blocks, g.int([1, 3])], { keepdims: 0 });
  g.output('norms', g.op('Sqrt', [squares]), 'float32', ['of a', 'of b']);
  return g.build('pair-norms');
}
