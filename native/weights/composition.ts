/**
 * How much heads compose (Elhage et al. 2021): |OV1 QK2| / (|OV1| |QK2|) for what a later head's query or key reads of
 * what an earlier one writes, |OV1 OV2| / (|OV1| |OV2|) for its value, Frobenius norms; 0 where one of them is nothing.
 *
 * A product of two circuits keeps its norm when its outer factors are replaced by the triangles of their QR
 * decompositions: |W_V W_O W_Q W_K^T| = |(R_V W_O)(W_Q R_K^T)|, headDim wide on both sides.
 */
import { createPrng } from '../../shared/base/prng.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { breather } from '../forward/breathe.ts';
import { cholesky } from './cholesky.ts';
import type { Circuits } from './circuits.ts';
import { frobenius } from './eigen-share.ts';
import { countOf, flipped, type MatrixProducts, type Pause, type Stack } from './matrix-products.ts';

export type CompositionKind = 'q' | 'k' | 'v';

/** Numbers of what writes that are held at once; more are gone through in turns. */
const HELD = 2 ** 26;
/** Numbers of each random matrix of all heads that floors are measured on, these heads on either side, and the seed. */
const FLOOR_NUMBERS = 2 ** 17;
const FLOOR_HEADS = [8, 64] as const;
export const FLOOR_SEED = 1;

/** Matrices that stand for circuits, one a query head, and their norms. */
export interface Side {
  readonly stack: Stack;
  readonly norms: Float64Array;
}

interface Pauses {
  /** After a call into ONNX Runtime. */
  readonly pause: Pause;
  readonly breathe: Pause;
}

/** [layers x heads, layers x heads], writer by reader; NaN where the writer's layer does not come first. */
export function composition(circuits: Circuits, kind: CompositionKind, job: Job): Promise<Float32Array> {
  return circuits.once(tableName(kind), () => compose(circuits, kind, job));
}

const tableName = (kind: CompositionKind) => `composition ${kind}`;

/**
 * The row and the column of one head in that table as one, [layers x heads]: it writes for heads of later layers and
 * reads of those of earlier ones; NaN in its own layer. Where the table is not there yet, only this much is computed.
 */
export async function headComposition(
  circuits: Circuits,
  head: HeadId,
  kind: CompositionKind,
  job: Job,
): Promise<Float64Array> {
  const table = circuits.known(tableName(kind)) as Float32Array | undefined;
  if (table === undefined) {
    return circuits.once(`${tableName(kind)} of ${formatHead(head)}`, () => composeHead(circuits, head, kind, job));
  }
  const { layers, heads } = circuits.architecture;
  const width = layers * heads;
  const own = head.layer * heads + head.head;
  return Float64Array.from({ length: width }, (_, other) =>
    other > own ? table[own * width + other]! : table[other * width + own]!,
  );
}

/** Mean of the same over pairs of heads with normal random weights of the model's shape: about 1 / sqrt(dModel). */
export async function compositionFloor(circuits: Circuits, job: Job): Promise<number> {
  const ratios = await randomCompositions(circuits, job);
  return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
}

/** The same of such pairs, ascending. */
export function randomCompositions(circuits: Circuits, job: Job): Promise<Float32Array> {
  const { dModel, headDim } = circuits.architecture;
  return circuits.once('random compositions', () => randomRatios(circuits.products, dModel, headDim, job));
}

async function compose(circuits: Circuits, kind: CompositionKind, job: Job): Promise<Float32Array> {
  const { products } = circuits;
  const { layers, heads, headDim, dModel } = circuits.architecture;
  const width = layers * heads;
  const table = new Float32Array(width * width).fill(NaN);
  const checkpoint = new Checkpoint(job, (layers * (layers - 1)) / 2);
  const pauses: Pauses = { pause: () => checkpoint.pass(0), breathe: breather(job) };
  const held = Math.max(1, Math.floor(HELD / (heads * headDim * dModel)));
  for (let first = 0; first < layers - 1; first += held) {
    const writers: Side[] = [];
    for (let reader = first + 1; reader < layers; reader++) {
      checkpoint.phase = `${kind.toUpperCase()} composition, layer ${reader + 1} of ${layers}`;
      if (reader <= first + held) writers.push(await writerOf(circuits, reader - 1, pauses));
      const read = await readerOf(circuits, reader, kind, pauses);
      for (const [at, written] of writers.entries()) {
        const ratios = await compositionOf(products, written, read, pauses.pause);
        for (let head = 0; head < heads; head++) {
          const row = (first + at) * heads + head;
          table.set(ratios.subarray(head * heads, (head + 1) * heads), row * width + reader * heads);
        }
        await checkpoint.pass(1);
      }
    }
  }
  return table;
}

async function composeHead(
  circuits: Circuits,
  { layer: own, head }: HeadId,
  kind: CompositionKind,
  job: Job,
): Promise<Float64Array> {
  const { products } = circuits;
  const { layers, heads } = circuits.architecture;
  const values = new Float64Array(layers * heads).fill(NaN);
  const checkpoint = new Checkpoint(job, layers);
  const pauses: Pauses = { pause: () => checkpoint.pass(0), breathe: breather(job) };
  checkpoint.phase = `${kind.toUpperCase()} composition of ${formatHead({ layer: own, head })}`;
  const written = own < layers - 1 ? only(await writerOf(circuits, own, pauses), head) : null;
  const read = own > 0 ? only(await readerOf(circuits, own, kind, pauses), head) : null;
  await checkpoint.pass(1);
  for (let layer = 0; layer < layers; layer++) {
    if (layer === own) continue;
    const ratios =
      layer < own
        ? await compositionOf(products, await writerOf(circuits, layer, pauses), read!, pauses.pause)
        : await compositionOf(products, written!, await readerOf(circuits, layer, kind, pauses), pauses.pause);
    values.set(ratios, layer * heads);
    await checkpoint.pass(1);
  }
  return values;
}

function only({ stack, norms }: Side, head: number): Side {
  const size = stack.rows * stack.columns;
  const data = stack.data.subarray(head * size, (head + 1) * size);
  return { stack: { ...stack, data }, norms: norms.subarray(head, head + 1) };
}

async function writerOf(circuits: Circuits, layer: number, pauses: Pauses): Promise<Side> {
  const value = await circuits.reading(layer, 'value', pauses.breathe);
  return writers(circuits.products, value, await circuits.writing(layer), pauses);
}

async function readerOf(circuits: Circuits, layer: number, kind: CompositionKind, pauses: Pauses): Promise<Side> {
  const { products } = circuits;
  if (kind === 'v') {
    const value = await circuits.reading(layer, 'value', pauses.breathe);
    return readers(products, value, flipped(await circuits.writing(layer)), pauses);
  }
  const query = await circuits.reading(layer, 'query', pauses.breathe);
  const key = await circuits.reading(layer, 'key', pauses.breathe);
  return kind === 'q' ? readers(products, query, key, pauses) : readers(products, key, query, pauses);
}

/** R_V W_O, [heads, headDim, dModel], of value [kvHeads, dModel, headDim] and output [heads, headDim, dModel]. */
export async function writers(products: MatrixProducts, value: Stack, output: Stack, pauses: Pauses): Promise<Side> {
  const data = await products.single(await triangles(products, value, pauses), output, pauses.pause);
  return sideOf({ data, rows: output.rows, columns: output.columns }, pauses.breathe);
}

/** A R_B^T, [heads, dModel, headDim], whose norm after anything is that of A B^T. One of them may be shared in groups. */
export async function readers(products: MatrixProducts, a: Stack, b: Stack, pauses: Pauses): Promise<Side> {
  const data = await products.single(a, flipped(await triangles(products, b, pauses)), pauses.pause);
  return sideOf({ data, rows: a.rows, columns: a.columns }, pauses.breathe);
}

/** [writers, readers]. */
export async function compositionOf(
  products: MatrixProducts,
  written: Side,
  read: Side,
  pause: Pause,
): Promise<Float32Array> {
  const ratios = await products.pairNorms(written.stack, read.stack, pause);
  const count = read.norms.length;
  for (let at = 0; at < ratios.length; at++) {
    const norms = written.norms[Math.floor(at / count)]! * read.norms[at % count]!;
    ratios[at] = norms === 0 ? 0 : ratios[at]! / norms;
  }
  return ratios;
}

/** R of every matrix, with R^T R = A^T A, [count, columns, columns]. */
async function triangles(products: MatrixProducts, a: Stack, { pause, breathe }: Pauses): Promise<Stack> {
  const n = a.flipped === true ? a.rows : a.columns;
  const grams = await products.double(flipped(a), a, pause);
  const data = new Float32Array(grams.length);
  for (let start = 0; start < grams.length; start += n * n) {
    data.set(cholesky(grams.subarray(start, start + n * n), n), start);
    await breathe();
  }
  return { data, rows: n, columns: n };
}

async function sideOf(stack: Stack, breathe: Pause): Promise<Side> {
  const norms = new Float64Array(countOf(stack));
  for (let at = 0; at < norms.length; at++) {
    norms[at] = frobenius(stack, at);
    await breathe();
  }
  return { stack, norms };
}

export async function randomRatios(
  products: MatrixProducts,
  dModel: number,
  headDim: number,
  job: Job,
): Promise<Float32Array> {
  const checkpoint = new Checkpoint(job, 1);
  checkpoint.phase = 'Composition of random weights';
  const pauses: Pauses = { pause: () => checkpoint.pass(0), breathe: breather(job) };
  const [fewest, most] = FLOOR_HEADS;
  const heads = Math.min(most, Math.max(fewest, Math.floor(FLOOR_NUMBERS / (dModel * headDim))));
  const draw = async (stream: number, rows: number, columns: number): Promise<Stack> => {
    const data = new Float32Array(heads * dModel * headDim);
    const prng = createPrng(FLOOR_SEED, stream);
    for (let at = 0; at < data.length; at++) {
      // Box-Muller; 1 - u keeps the logarithm finite.
      data[at] = Math.sqrt(-2 * Math.log(1 - prng.next())) * Math.cos(2 * Math.PI * prng.next());
      if (at % 4096 === 0) await pauses.breathe();
    }
    return { data, rows, columns };
  };
  const written = await writers(products, await draw(0, dModel, headDim), await draw(1, headDim, dModel), pauses);
  const read = await readers(products, await draw(2, dModel, headDim), await draw(3, dModel, headDim), pauses);
  return (await compositionOf(products, written, read, pauses.pause)).sort();
}
