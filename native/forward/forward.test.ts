import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../shared/contract/methods.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import { onDisk, STATISTICS_ONLY } from '../capture/capture-keeper.ts';
import type { Capture, LayerCapture } from '../capture/capture.ts';
import { SpillCache } from '../capture/spill-cache.ts';
import { SpillFile } from '../capture/spill-file.ts';
import { openModel } from '../model/open-model.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import type { Job } from './checkpoint.ts';
import { runForward, type ForwardModel } from './forward.ts';
import { SegmentSessions } from './segment-sessions.ts';

let folder: string;
let model: ForwardModel;
const ids = Int32Array.from({ length: 300 }, (_, i) => (i * 17 + 3) % 61);
const noGain = () => null;

function job(): Job & { readonly seen: Progress[]; cancel(): void } {
  const controller = new AbortController();
  const seen: Progress[] = [];
  return {
    signal: controller.signal,
    progress: (progress) => seen.push(progress),
    seen,
    cancel: () => controller.abort(),
  };
}

/** A digest of the bytes of every array of a capture, by name. */
function digests(capture: Capture): Record<string, string> {
  const digest = (data: ArrayBufferView) =>
    createHash('sha256')
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest('hex');
  const layer = (value: LayerCapture, index: number) =>
    Object.entries(value).map(([name, data]) => [`${name} ${index}`, digest(data as Float32Array)]);
  return Object.fromEntries([
    ...capture.resid.map((data, index) => [`resid ${index}`, digest(data)]),
    ...capture.layers.flatMap(layer),
  ]) as Record<string, string>;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headscope-forward-'));
  await writeTinyModel(folder, { family: 'qwen2', layers: 4, heads: 4, kvHeads: 2, seed: 5 });
  const { architecture, weights, weightsFolder, info } = await openModel({ folder, source: 'folder' });
  const sessions = new SegmentSessions({
    architecture,
    weights,
    weightsFolder,
    parameters: info.parameters,
    threads: 2,
  });
  model = { architecture, sessions, kernel: await createOnnxKernel(architecture, 2) };
});
afterAll(async () => {
  await model.sessions.dispose();
  await model.kernel.dispose();
  await rm(folder, { recursive: true });
});

describe('runForward', () => {
  it('resumed at any layer equals a full run bit for bit, for zero, scale and several heads', async () => {
    const clean = await runForward(model, { ids, gain: noGain }, job());
    for (let fromLayer = 0; fromLayer < 4; fromLayer++) {
      const factors = new Float32Array([1, 0, 0.5, -1]);
      const gain = (layer: number) => (layer === fromLayer || layer === 3 ? factors : null);
      const full = await runForward(model, { ids, gain }, job());
      const resumed = await runForward(model, { ids, gain, resume: { capture: clean, fromLayer } }, job());
      expect(resumed.computedFrom).toBe(fromLayer);
      expect(digests(resumed)).toEqual(digests(full));
      expect(digests(full)['resid 4']).not.toBe(digests(clean)['resid 4']);
    }
  });

  it('keeps only statistics, or everything on disk, with the same bits', async () => {
    const full = await runForward(model, { ids, gain: noGain }, job());
    const lean = await runForward(model, { ids, gain: noGain, keeper: STATISTICS_ONLY }, job());
    const told = digests(lean);
    for (const [name, digest] of Object.entries(digests(full))) {
      const isEmpty = /^[qkvz] |^resid [0-3]/.test(name);
      if (!isEmpty) expect([name, told[name]]).toEqual([name, digest]);
    }
    expect(lean.layers[2]!.q).toHaveLength(0);

    const file = new SpillFile(path.join(folder, 'spill'), new SpillCache(100_000));
    const spilled = await runForward(model, { ids, gain: noGain, keeper: onDisk(file) }, job());
    expect(digests(spilled)).toEqual(digests(full));
    const gain = (layer: number) => (layer === 2 ? new Float32Array([1, 0, 0.5, -1]) : null);
    const resume = { capture: spilled, fromLayer: 2 };
    const other = new SpillFile(path.join(folder, 'spill'), new SpillCache(0));
    const resumed = await runForward(model, { ids, gain, resume, keeper: onDisk(other) }, job());
    expect(digests(resumed)).toEqual(digests(await runForward(model, { ids, gain }, job())));
    other.release();
    file.release();
    expect(() => spilled.layers[0]!.q).toThrow('no longer held');
  });

  it('is the same twice, and with every gain 1', async () => {
    const first = await runForward(model, { ids, gain: noGain }, job());
    const again = await runForward(model, { ids, gain: () => new Float32Array(4).fill(1) }, job());
    expect(digests(again)).toEqual(digests(first));
  });

  it('shares the untouched layers with the run that it resumes', async () => {
    const clean = await runForward(model, { ids, gain: noGain }, job());
    const resumed = await runForward(model, { ids, gain: noGain, resume: { capture: clean, fromLayer: 2 } }, job());
    expect(resumed.layers[1]).toBe(clean.layers[1]);
    expect(resumed.resid[2]).toBe(clean.resid[2]);
    expect(resumed.layers[2]!.q).toBe(clean.layers[2]!.q);
  });

  it('with nothing left to compute returns the run itself', async () => {
    const clean = await runForward(model, { ids, gain: noGain }, job());
    const resumed = await runForward(model, { ids, gain: noGain, resume: { capture: clean, fromLayer: 4 } }, job());
    expect(digests(resumed)).toEqual(digests(clean));
  });

  it('tells progress that rises to the total', async () => {
    const watched = job();
    await runForward(model, { ids, gain: noGain }, watched);
    const done = watched.seen.map((progress) => progress.done / progress.total);
    expect(done.every((value, i) => i === 0 || value >= done[i - 1]!)).toBe(true);
    expect(done.at(-1)).toBeGreaterThan(0.9);
    expect(new Set(watched.seen.map(({ phase }) => phase))).toContain('Layer 4 of 4');
  });

  it('stops at the next checkpoint when cancelled', async () => {
    const watched = job();
    const run = runForward(
      model,
      { ids, gain: noGain },
      {
        ...watched,
        progress: (progress) => {
          watched.progress(progress);
          if (progress.phase === 'Layer 2 of 4') watched.cancel();
        },
      },
    );
    await expect(run).rejects.toThrow('Cancelled');
    expect(watched.seen.at(-1)?.phase).toBe('Layer 2 of 4');
  });
});
