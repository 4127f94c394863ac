/** W_E^T W_E and W_U W_E of a vocabulary of any size, in blocks of tokens: what token-space cores need of it. */
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { breather } from '../forward/breathe.ts';
import { foldNorm, type Circuits } from './circuits.ts';
import { flipped, type Stack } from './matrix-products.ts';

/** Multiplications of one block, and its fewest tokens: less would be moved about more than multiplied. */
const BLOCK_WORK = 1e9;
const MIN_TOKENS = 256;

/** Sum over tokens of the outer product of their embeddings, [dModel, dModel]: what all tokens look like together. */
export function embeddingGram(circuits: Circuits, job: Job): Promise<Stack> {
  return circuits.once('embedding gram', () => sumOver(circuits, 'embedding', job));
}

/**
 * W_U W_E, [dModel, dModel]: sum over tokens of what writes for a token, times its embedding. With the gain of the final
 * norm, and before a LayerNorm without the mean.
 */
export function unembeddingCross(circuits: Circuits, job: Job): Promise<Stack> {
  return circuits.once('unembedding cross', async () => {
    const sum = circuits.weights.isTied
      ? await embeddingGram(circuits, job)
      : await sumOver(circuits, 'unembedding', job);
    const folded = { ...sum, data: sum.data.slice() };
    await foldNorm(folded, await circuits.weights.finalNorm(), breather(job));
    return folded;
  });
}

async function sumOver(circuits: Circuits, left: 'embedding' | 'unembedding', job: Job): Promise<Stack> {
  const { weights, products } = circuits;
  const { vocabSize, dModel } = circuits.architecture;
  const step = Math.max(MIN_TOKENS, Math.floor(BLOCK_WORK / dModel ** 2));
  const checkpoint = new Checkpoint(job, vocabSize);
  checkpoint.phase = 'Products over the vocabulary';
  const breathe = breather(job);
  const sum = new Float64Array(dModel ** 2);
  for (let start = 0; start < vocabSize; start += step) {
    const end = Math.min(vocabSize, start + step);
    const embedding = { data: await weights.embedding(start, end), rows: end - start, columns: dModel };
    const other = left === 'embedding' ? embedding : { ...embedding, data: await weights.unembedding(start, end) };
    const block = await products.single(flipped(other), embedding, () => checkpoint.pass(0));
    for (let row = 0; row < dModel; row++) {
      for (let at = row * dModel; at < (row + 1) * dModel; at++) sum[at]! += block[at]!;
      await breathe();
    }
    await checkpoint.pass(end - start);
  }
  return { data: new Float32Array(sum), rows: dModel, columns: dModel };
}
