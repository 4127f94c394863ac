/** Circuits as whole matrices in float64, the slow and plain way, for checking against. */
import type { Circuits } from '../circuits.ts';
import type { HeadMatrices } from '../model-weights.ts';

/** [rows, columns], row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, columns: number, data: ArrayLike<number>): Matrix {
  return { rows, columns, data: Float64Array.from(data) };
}

export function times(a: Matrix, b: Matrix): Matrix {
  const data = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      for (let j = 0; j < b.columns; j++) {
        data[i * b.columns + j]! += a.data[i * a.columns + k]! * b.data[k * b.columns + j]!;
      }
    }
  }
  return { rows: a.rows, columns: b.columns, data };
}

export function turned({ rows, columns, data }: Matrix): Matrix {
  const out = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  }
  return { rows: columns, columns: rows, data: out };
}

export function norm({ data }: Matrix): number {
  return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
}

export interface ReferenceCircuits {
  /** By layer and query head, each [dModel, dModel]. */
  readonly ov: readonly (readonly Matrix[])[];
  readonly qk: readonly (readonly Matrix[])[];
  /** [vocab, dModel] and, with the final norm's gain, [dModel, vocab]. */
  readonly embedding: Matrix;
  readonly unembedding: Matrix;
}

/** x -> (x - mean) * gain as a matrix [dModel, dModel]; the mean stays where `centred` is not set. */
function normMatrix(size: number, centred: boolean, gain: Float32Array | null): Matrix {
  const data = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      data[i * size + j] = ((i === j ? 1 : 0) - (centred ? 1 / size : 0)) * (gain?.[j] ?? 1);
    }
  }
  return { rows: size, columns: size, data };
}

export async function referenceCircuits({ weights, architecture }: Circuits): Promise<ReferenceCircuits> {
  const { layers, heads, kvHeads, headDim, dModel, vocabSize } = architecture;
  const slice = ({ weight }: HeadMatrices, head: number, rows: number, columns: number) =>
    matrix(rows, columns, weight.subarray(head * rows * columns, (head + 1) * rows * columns));
  const scaled = ({ rows, columns, data }: Matrix, gain: Float32Array | null) =>
    matrix(
      rows,
      columns,
      data.map((value, at) => value * (gain?.[at % columns] ?? 1)),
    );
  const ov: Matrix[][] = [];
  const qk: Matrix[][] = [];
  for (let layer = 0; layer < layers; layer++) {
    const before = await weights.attentionNorm(layer);
    const through = normMatrix(dModel, before.kind === 'layer', before.gain);
    const gains = await weights.headGains(layer);
    const [query, key, value, output] = [
      await weights.query(layer),
      await weights.key(layer),
      await weights.value(layer),
      await weights.output(layer),
    ];
    const ofHead = (of: HeadMatrices, head: number) => times(through, slice(of, head, dModel, headDim));
    const all = Array.from({ length: heads }, (_, head) => ({ head, group: Math.floor(head / (heads / kvHeads)) }));
    ov.push(all.map(({ head, group }) => times(ofHead(value, group), slice(output, head, headDim, dModel))));
    qk.push(
      all.map(({ head, group }) =>
        times(scaled(ofHead(query, head), gains.query), turned(scaled(ofHead(key, group), gains.key))),
      ),
    );
  }
  const final = await weights.finalNorm();
  const rows = matrix(vocabSize, dModel, await weights.unembedding(0, vocabSize));
  return {
    ov,
    qk,
    embedding: matrix(vocabSize, dModel, await weights.embedding(0, vocabSize)),
    unembedding: times(normMatrix(dModel, final.kind === 'layer', final.gain), turned(rows)),
  };
}
