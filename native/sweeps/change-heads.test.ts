import { describe, expect, it } from 'vitest';
import { allocateAttentionOutput, PLAIN } from '../attention/kernel.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import type { Job } from '../forward/checkpoint.ts';
import { attentionOnlyArchitecture } from '../testing/random-capture.ts';
import { changeHeads, withHead } from './change-heads.ts';

const job: Job = { signal: new AbortController().signal, progress: () => undefined };

/** One head of one dimension: scores [1, 0, 2, 0, 1] in the last row, values [0, 1, 4, 1, 2]. */
async function toy() {
  const architecture = attentionOnlyArchitecture({ tokens: 5, heads: 1, kvHeads: 1, headDim: 1 });
  const kernel = await createOnnxKernel(architecture, 1);
  const [q, k, v] = [
    [1, 1, 1, 1, 1],
    [1, 0, 2, 0, 1],
    [0, 1, 4, 1, 2],
  ].map((values) => Float32Array.from(values));
  const output = allocateAttentionOutput(architecture, 5);
  const input = { ...PLAIN, q: q!, k: k!, v: v!, tokens: 5, scale: 1 };
  await kernel.run(input, output, () => Promise.resolve());
  const layer = { q: q!, k: k!, v: v!, z: output.z, lse: output.lse, ...output.statistics! };
  const capture = { tokens: 5, layers: [layer] };
  return { capture, model: { architecture, kernel }, gain: () => null };
}

describe('changeHeads', () => {
  it('makes three different numbers of zero, uniform and clean attention, and another of a masked one', async () => {
    const context = await toy();
    expect(context.capture.layers[0]!.z[4]).toBeCloseTo(2.4952, 4);
    expect((await changeHeads(context, 0, { kind: 'uniform' }, job))[4]).toBeCloseTo(1.6, 6);
    const kept = { kind: 'sink-window', sink: 1, window: 2 } as const;
    expect((await changeHeads(context, 0, { kind: 'mask', mask: kept }, job))[4]).toBeCloseTo(1, 6);
    const off = { ...context, gain: () => Float32Array.of(0) };
    expect((await changeHeads(off, 0, { kind: 'uniform' }, job))[4]).toBe(0);
  });

  it('is uniform over what a row sees, never over what comes later', async () => {
    const z = await changeHeads(await toy(), 0, { kind: 'uniform' }, job);
    // The running mean of the values.
    [0, 1 / 2, 5 / 3, 6 / 4, 8 / 5].forEach((mean, row) => expect(z[row]).toBeCloseTo(mean, 6));
  });
});

describe('withHead', () => {
  it('takes the columns of one head', async () => {
    const z = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const changed = z.map((value) => -value);
    const taken = await withHead(z, changed, 1, { heads: 2, headDim: 2 }, () => Promise.resolve());
    expect([...taken]).toEqual([1, 2, -3, -4, 5, 6, -7, -8]);
    expect([...z]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
