import { describe, expect, it } from 'vitest';
import { allocateAttentionOutput, PLAIN } from '../attention/kernel.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import type { Job } from '../forward/checkpoint.ts';
import { NO_EDIT, type HeadStep, type LayerEdit } from '../interventions/layer-edit.ts';
import { headColumns, zeroColumns } from '../interventions/row-edits.ts';
import { attentionOnlyArchitecture } from '../testing/random-capture.ts';
import { changedZ } from './changed-run.ts';
import type { SweepContext } from './sweep-context.ts';

const job: Job = { signal: new AbortController().signal, progress: () => undefined };

/** One head of one dimension: scores [1, 0, 2, 0, 1] in the last row, values [0, 1, 4, 1, 2]. */
async function toy(own: LayerEdit | null = null) {
  const architecture = attentionOnlyArchitecture({ tokens: 5, heads: 1, kvHeads: 1, headDim: 1 });
  const kernel = await createOnnxKernel(architecture, 1);
  const [q, k, v] = [
    [1, 1, 1, 1, 1],
    [1, 0, 2, 0, 1],
    [0, 1, 4, 1, 2],
  ].map((values) => Float32Array.from(values));
  const output = allocateAttentionOutput(architecture, 5);
  await kernel.run({ ...PLAIN, q: q!, k: k!, v: v!, tokens: 5, scale: 1 }, output, () => Promise.resolve());
  const layer = { q: q!, k: k!, v: v!, z: output.z, lse: output.lse, ...output.statistics! };
  const capture = { tokens: 5, layers: [layer] };
  return { capture, model: { architecture, kernel }, edits: { layer: () => own } } as unknown as SweepContext;
}

const stepping = (...steps: HeadStep[]): LayerEdit => ({ ...NO_EDIT, heads: new Map([[0, steps]]) });
const uniform = stepping({ kind: 'uniform', rows: null });
const nothing = { ...NO_EDIT, outputs: [zeroColumns(headColumns([0], 1, 1), null)] };

describe('changedZ', () => {
  it('makes three different numbers of zero, uniform and clean attention, and another of a masked one', async () => {
    const context = await toy();
    expect(context.capture.layers[0]!.z[4]).toBeCloseTo(2.4952, 4);
    expect((await changedZ(context, 0, nothing, job))[4]).toBe(0);
    expect((await changedZ(context, 0, uniform, job))[4]).toBeCloseTo(1.6, 6);
    const kept = stepping({ kind: 'mask', rows: null, mask: { kind: 'sink-window', sink: 1, window: 2 } });
    expect((await changedZ(context, 0, kept, job))[4]).toBeCloseTo(1, 6);
    // The run itself stays as it was.
    expect(context.capture.layers[0]!.z[4]).toBeCloseTo(2.4952, 4);
  });

  it('is uniform over what a row sees, never over what comes later', async () => {
    const z = await changedZ(await toy(), 0, uniform, job);
    // The running mean of the values.
    [0, 1 / 2, 5 / 3, 6 / 4, 8 / 5].forEach((mean, row) => expect(z[row]).toBeCloseTo(mean, 6));
  });

  it('keeps what the run changes already', async () => {
    expect((await changedZ(await toy(nothing), 0, uniform, job))[4]).toBe(0);
  });
});
