/**
 * The matrices of attention, of the unembedding and of the embedding, read from the .safetensors files as float32, in
 * the convention of row vectors, x W: W_Q, W_K, W_V [heads, dModel, headDim], W_O [heads, headDim, dModel].
 *
 * Nothing is held: who needs a matrix again keeps it. Tensors are read in pieces, between which messages are let through.
 */
import path from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import type { Architecture } from '../families/family.ts';
import type { GraphWeights } from '../families/graph-weights.ts';
import type { MatrixPlace, NormKind, NormPlace, WeightLayout } from '../families/weight-layout.ts';
import { readFloats, type FloatDtype } from '../safetensors/index.ts';

/** Numbers that are read and moved at once: some milliseconds. */
const PIECE = 2 ** 20;

/** x W + b of several heads. */
export interface HeadMatrices {
  readonly weight: Float32Array;
  /** What is added to the outputs, in their order; null where there is none. */
  readonly bias: Float32Array | null;
}

export interface NormWeights {
  readonly kind: NormKind;
  readonly eps: number;
  /** [dModel], or null. */
  readonly gain: Float32Array | null;
  readonly bias: Float32Array | null;
}

type Shape = Pick<Architecture, 'layers' | 'heads' | 'kvHeads' | 'headDim' | 'dModel' | 'vocabSize' | 'blocks'>;

export interface WeightsModel {
  readonly architecture: Shape;
  readonly weights: GraphWeights;
  /** That the weights' file names are relative to. */
  readonly weightsFolder: string;
}

/** All methods throw `io` where a file cannot be read any more. */
export class ModelWeights {
  readonly architecture: Shape;
  readonly #weights: GraphWeights;
  readonly #folder: string;
  readonly #layout: WeightLayout;

  constructor({ architecture, weights, weightsFolder }: WeightsModel) {
    this.architecture = architecture;
    this.#weights = weights;
    this.#folder = weightsFolder;
    this.#layout = architecture.blocks.layout(weights);
  }

  /** Whether embedding and unembedding are one table. */
  get isTied(): boolean {
    return this.#layout.embedding === this.#layout.unembedding;
  }

  /** W_Q [heads, dModel, headDim], bias [heads, headDim]. */
  query(layer: number): Promise<HeadMatrices> {
    return this.#reading(this.#layout.attention(layer).query);
  }

  /** W_K [kvHeads, dModel, headDim], bias [kvHeads, headDim]. */
  key(layer: number): Promise<HeadMatrices> {
    return this.#reading(this.#layout.attention(layer).key);
  }

  /** W_V, as W_K. */
  value(layer: number): Promise<HeadMatrices> {
    return this.#reading(this.#layout.attention(layer).value);
  }

  /** W_O [heads, headDim, dModel], bias [dModel], which no head owns. */
  async output(layer: number): Promise<HeadMatrices> {
    const { heads, headDim, dModel } = this.architecture;
    const place = this.#layout.attention(layer).output;
    return { weight: await this.#matrix(place, heads * headDim, dModel), bias: await this.#biasOf(place) };
  }

  /** Of the norm that attention reads through. */
  attentionNorm(layer: number): Promise<NormWeights> {
    return this.#norm(this.#layout.attention(layer).norm);
  }

  /** Gains of the norm of every head's query and of its key, [headDim]; null without such norms. */
  async headGains(layer: number): Promise<{ readonly query: Float32Array | null; readonly key: Float32Array | null }> {
    const { queryGain, keyGain } = this.#layout.attention(layer);
    const { headDim } = this.architecture;
    return { query: await this.#vector(queryGain, headDim), key: await this.#vector(keyGain, headDim) };
  }

  finalNorm(): Promise<NormWeights> {
    return this.#norm(this.#layout.finalNorm);
  }

  /** Rows `start` to `end` - 1 of W_E, [end - start, dModel]. */
  embedding(start: number, end: number): Promise<Float32Array> {
    return this.#tokenRows(this.#layout.embedding, start, end);
  }

  /** Columns `start` to `end` - 1 of W_U, each as a row, [end - start, dModel]. */
  unembedding(start: number, end: number): Promise<Float32Array> {
    return this.#tokenRows(this.#layout.unembedding, start, end);
  }

  async #reading(place: MatrixPlace): Promise<HeadMatrices> {
    return {
      weight: await this.#matrix(place, this.architecture.dModel, this.architecture.headDim),
      bias: await this.#biasOf(place),
    };
  }

  /** Outputs in groups of `width`, one group after another: [count / width, inputs, width]. */
  async #matrix({ name, shape, outputAxis, first, count }: MatrixPlace, inputs: number, width: number) {
    const matrix = new Float32Array(inputs * count);
    const [rows, columns] = shape;
    const step = Math.max(1, Math.floor(PIECE / columns));
    // Rows that are not meant are not read either.
    const [from, to] = outputAxis === 0 ? [first, first + count] : [0, rows];
    for (let start = from; start < to; start += step) {
      const end = Math.min(to, start + step);
      const stored = await this.#rows(name, shape, start, end);
      for (let row = start; row < end; row++) {
        const at = (row - start) * columns;
        if (outputAxis === 0) {
          const output = row - first;
          const target = Math.floor(output / width) * inputs * width + (output % width);
          for (let input = 0; input < inputs; input++) matrix[target + input * width] = stored[at + input]!;
        } else {
          for (let group = 0; group < count / width; group++) {
            const part = at + first + group * width;
            matrix.set(stored.subarray(part, part + width), (group * inputs + row) * width);
          }
        }
      }
    }
    return matrix;
  }

  async #biasOf({ bias, shape, outputAxis, first, count }: MatrixPlace): Promise<Float32Array | null> {
    const all = await this.#vector(bias, shape[outputAxis]);
    return all && all.slice(first, first + count);
  }

  async #norm({ kind, eps, gain, bias }: NormPlace): Promise<NormWeights> {
    const { dModel } = this.architecture;
    return { kind, eps, gain: await this.#vector(gain, dModel), bias: await this.#vector(bias, dModel) };
  }

  async #vector(name: string | null, length: number): Promise<Float32Array | null> {
    return name === null ? null : this.#rows(name, [length], 0, length);
  }

  #tokenRows(name: string, start: number, end: number): Promise<Float32Array> {
    const { vocabSize, dModel } = this.architecture;
    return this.#rows(name, [vocabSize, dModel], start, end);
  }

  async #rows(name: string, shape: readonly number[], start: number, end: number): Promise<Float32Array> {
    const { tensor } = this.#weights.find(name, shape);
    const rowBytes = tensor.byteLength / shape[0]!;
    const file = path.join(this.#folder, tensor.file);
    try {
      return await readFloats(
        file,
        tensor.dtype as FloatDtype,
        tensor.offset + start * rowBytes,
        (end - start) * rowBytes,
      );
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('io', `The weights file “${file}” cannot be read any more.`, {
        hint: 'Put the model’s files back where they were, or open the model again.',
        cause,
      });
    }
  }
}
