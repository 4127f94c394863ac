import { expect, it } from 'vitest';
import type { Capture } from '../capture/capture.ts';
import { attentionOnlyArchitecture } from '../testing/random-capture.ts';
import type { Opened } from './opened.ts';
import { withSweep } from './sweep-context.ts';

const job = { signal: new AbortController().signal, progress: () => undefined };

it('reads of a run that lies on disk no more than what the change asks for', async () => {
  const [tokens, heads] = [5, 2];
  const sizes = { layers: 1, dModel: 2, vocabSize: 9, context: 16 };
  const architecture = { ...attentionOnlyArchitecture({ tokens, heads, kvHeads: 1, headDim: 1 }), ...sizes };
  const onDisk = () => {
    throw new Error('read from disk');
  };
  const tensors = { q: { get: onDisk }, k: { get: onDisk }, v: { get: onDisk }, z: { get: onDisk } };
  const layer = Object.defineProperties({ columnSum: new Float64Array(heads * tokens).fill(2) }, tensors);
  const capture = { tokens, ids: Int32Array.of(1, 2, 3, 4, 5), layers: [layer] } as unknown as Capture;
  const run = {
    capture,
    tokens: [],
    nll: new Float32Array(tokens),
    interventions: [],
    holdings: [],
    plan: null,
    memo: {},
  };
  const opened = { model: { architecture }, runs: { budgetBytes: 1e9 } } as unknown as Opened;
  await withSweep(opened, run, run, async ({ plan }) => {
    const { firstLayer } = await plan([{ what: 'calibrate', where: { layer: 0 } }], job);
    expect(firstLayer).toBe(0);
  });
});
