/** W_E^T W_E and W_U W_E of a vocabulary of any size, in blocks of tokens: what token-space cores need of it. */
import type { ScoreParameter, ScoreParameters } from '../../shared/model/score.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { foldNorm, type Circuits } from './circuits.ts';
import { flipped, type Stack } from './matrix-products.ts';

/** What stands for a token: its embedding, or that with what the first MLP adds to it alone. */
export type TokenVectors = 'plain' | 'extended';

/** Multiplications and numbers of one block at most, and its fewest tokens: less would be moved more than multiplied. */
const BLOCK_WORK = 1e9;
const BLOCK_NUMBERS = 2 ** 20;
const MIN_TOKENS = 256;

/** Of scores in token space. */
export const TOKEN_VECTORS: ScoreParameter = {
  id: 'embedding',
  name: 'Tokens as',
  meaning:
    'What heads after the first layer read of a token: its embedding, or its embedding with what the first MLP adds to it alone, as is done for models whose first MLP acts as one (GPT-2). The first layer reads embeddings.',
  default: 0,
  min: 0,
  max: 1,
  integer: true,
  choices: ['embedding', 'after the first MLP'],
};

/** Which vectors the heads of each layer read, by the parameter above. */
export function tokenVectors(parameters: ScoreParameters): (layer: number) => TokenVectors {
  return (layer) => (parameters[TOKEN_VECTORS.id] === 1 && layer > 0 ? 'extended' : 'plain');
}

/** Sum over tokens of the outer product of their vectors, [dModel, dModel]: what all tokens look like together. */
export function embeddingGram(circuits: Circuits, vectors: TokenVectors, job: Job): Promise<Stack> {
  return circuits.once(`gram, ${vectors}`, () => sumOver(circuits, vectors, 'themselves', job));
}

/**
 * W_U W_E, [dModel, dModel]: sum over tokens of what writes for a token, times its vector. With the gain of the final
 * norm, and before a LayerNorm without the mean.
 */
export function unembeddingCross(circuits: Circuits, vectors: TokenVectors, job: Job): Promise<Stack> {
  return circuits.once(`cross, ${vectors}`, async () => {
    const sum =
      circuits.weights.isTied && vectors === 'plain'
        ? await embeddingGram(circuits, vectors, job)
        : await sumOver(circuits, vectors, 'unembedding', job);
    const folded = { ...sum, data: sum.data.slice() };
    await foldNorm(folded, await circuits.weights.finalNorm(), breather(job));
    return folded;
  });
}

async function sumOver(
  circuits: Circuits,
  vectors: TokenVectors,
  other: 'themselves' | 'unembedding',
  job: Job,
): Promise<Stack> {
  const { weights, products } = circuits;
  const { vocabSize, dModel } = circuits.architecture;
  const fitting = Math.floor(Math.min(BLOCK_WORK / dModel ** 2, BLOCK_NUMBERS / dModel));
  const step = Math.max(MIN_TOKENS, fitting);
  const checkpoint = new Checkpoint(job, vocabSize);
  checkpoint.phase = 'Products over the vocabulary';
  const pause = () => checkpoint.pass(0);
  const breathe = breather(job);
  const sum = new Float64Array(dModel ** 2);
  for (let start = 0; start < vocabSize; start += step) {
    const end = Math.min(vocabSize, start + step);
    const shape = { rows: end - start, columns: dModel };
    const embedding = await weights.embedding(start, end);
    const data = vectors === 'plain' ? embedding : await circuits.afterFirstMlp(embedding, pause);
    const left = other === 'themselves' ? data : await weights.unembedding(start, end);
    const block = await products.single(flipped({ data: left, ...shape }), { data, ...shape }, pause);
    for (let row = 0; row < dModel; row++) {
      for (let at = row * dModel; at < (row + 1) * dModel; at++) sum[at]! += block[at]!;
      await breathe();
    }
    await checkpoint.pass(end - start);
  }
  return { data: new Float32Array(sum), rows: dModel, columns: dModel };
}
