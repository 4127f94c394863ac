import { describe, expect, it } from 'vitest';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { buildNll } from '../forward/segment-graphs.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { createSession } from '../ort/session.ts';
import { michel } from './michel.ts';
import type { SweepContext } from './sweep-context.ts';

const job: Job = { signal: new AbortController().signal, progress: () => undefined };
const EPSILON = 0.05;

/**
 * The score of a prompt whose tokens after the first have these losses at gate 1, and change by `slopes` per unit as it
 * closes: logits [a, 0] with log(1 + exp(-a)) the loss of token 0.
 */
async function scoreOf(slopes: readonly number[], sign: 0 | 1): Promise<number> {
  const losses = slopes.map(() => 1);
  const logitOf = (loss: number): number => -Math.log(Math.expm1(loss));
  const logits = Float32Array.from([
    ...losses.flatMap((loss, at) => [logitOf(loss + EPSILON * slopes[at]!), 0]),
    ...[0, 0],
  ]);
  const nll = await createSession(buildNll(), { threads: 1 });
  const unembedding = {
    run: ({ resid }: { resid: { data: Float32Array } }) => Promise.resolve({ logits: resid.data }),
  };
  const tokens = slopes.length + 1;
  const capture = { tokens, ids: new Int32Array(tokens), resid: [logits] } as unknown as Capture;
  const model = {
    architecture: { layers: 0, dModel: 2, vocabSize: 2 },
    sessions: { logitRows: 8, nll: () => Promise.resolve(nll), unembedding: () => Promise.resolve(unembedding) },
  } as unknown as ForwardModel;
  const context = { model, capture, nll: Float32Array.of(NaN, ...losses) } as unknown as SweepContext;
  const value = await michel.compute(context, capture, { epsilon: EPSILON, sign }, job);
  await nll.dispose();
  return value;
}

describe('michel', () => {
  it('closes the gate by epsilon, and tells the slope of the loss', async () => {
    expect(michel.change({ epsilon: EPSILON, sign: 0 })).toEqual({ what: 'scale', parameters: { factor: 0.95 } });
    expect(await scoreOf([3, 1], 1)).toBeCloseTo(2, 4);
    expect(await scoreOf([-3, -1], 1)).toBeCloseTo(-2, 4);
    expect(await scoreOf([-3, -1], 0)).toBeCloseTo(2, 4);
  });

  it('takes the magnitude of each prompt, where what tokens gain and lose cancels', async () => {
    // Slopes [2, -2] and [1, -1] of two prompts: 1.5 a token, were magnitudes taken token by token; 0 prompt by prompt.
    const prompts = [
      [2, -2],
      [1, -1],
    ];
    const perToken = prompts.flat().reduce((sum, slope) => sum + Math.abs(slope), 0) / 4;
    expect(perToken).toBe(1.5);
    for (const slopes of prompts) expect(await scoreOf(slopes, 0)).toBeCloseTo(0, 4);
  });
});
