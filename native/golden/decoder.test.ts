/** Decoding with a KV cache against full float64 runs, on random small models of every family, gains and masks included. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SinkWindowMask } from '../attention/mask.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import { runForward, type ForwardModel } from '../forward/forward.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { SegmentSessions } from '../forward/segment-sessions.ts';
import { createDecoder, type DecoderOptions } from '../generation/decoder.ts';
import { openModel } from '../model/open-model.ts';
import { maxAbsError } from '../testing/compare.ts';
import { RANDOM_MODELS } from '../testing/random-models.ts';
import { referenceForward, type ReferenceOptions } from '../testing/reference-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { ParityTable } from './parity-table.ts';

/** Lengths at which the cache is compared with a full run: the portions are 1, 1, 18, 1, 84 and 1 tokens. */
const LENGTHS = [1, 2, 20, 21, 105, 106];
const JOB = { signal: new AbortController().signal, progress: () => undefined };
const table = new ParityTable('KV-cache decoding (float32) against full float64 runs, random models, 1 to 106 tokens');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-decoder-'));
});
afterAll(async () => {
  table.print();
  await rm(folder, { recursive: true, force: true });
});

async function open(path: string): Promise<ForwardModel> {
  const { architecture, weights, weightsFolder, info } = await openModel({ folder: path, source: 'folder' });
  const { parameters } = info;
  const sessions = new SegmentSessions({ architecture, weights, weightsFolder, parameters, threads: 1 });
  return { architecture, sessions, kernel: await createOnnxKernel(architecture, 1) };
}

describe.each(Object.entries(RANDOM_MODELS).map(([name, options], seed) => ({ name, options, seed })))(
  '$name',
  ({ name, options, seed }) => {
    let path: string;
    let model: ForwardModel;
    let ids: Int32Array;
    beforeAll(async () => {
      path = join(folder, String(seed));
      await writeTinyModel(path, { ...options, seed: seed + 300 });
      model = await open(path);
      ids = randomIds(createRng(seed), LENGTHS.at(-1)!, model.architecture.vocabSize);
    });
    afterAll(async () => {
      await model.sessions.dispose();
      await model.kernel.dispose();
    });

    async function expectSteps(
      kind: string,
      decoding: Pick<DecoderOptions, 'gain' | 'masks'>,
      reference: ReferenceOptions,
    ): Promise<void> {
      const { heads, vocabSize, layers } = model.architecture;
      const decoder = createDecoder(model, { ...decoding, capacity: ids.length });
      for (const n of LENGTHS) {
        const logits = await decoder.append(ids.subarray(decoder.length, n), JOB);
        expect(decoder.length).toBe(n);
        const expected = await referenceForward(path, ids.subarray(0, n), reference);
        const error = maxAbsError(logits, expected.logits.subarray((n - 1) * vocabSize));
        table.add(name, `logits, ${kind}`, error, 1e-4);
        expect(error).toBeLessThan(1e-4);
        for (let layer = 0; layer < layers; layer++) {
          const { attention } = expected.layers[layer]!;
          const rows = Array.from({ length: heads }, (_, head) => attention.slice((head * n + n - 1) * n).slice(0, n));
          const rowError = maxAbsError(
            decoder.attentionRows(layer),
            rows.flatMap((row) => [...row]),
          );
          table.add(name, `last rows, ${kind}`, rowError, 1e-5);
          expect(rowError).toBeLessThan(1e-5);
        }
      }
    }

    it('dense', () => expectSteps('dense', { gain: () => null, masks: () => null }, {}));

    it('with heads scaled and masked', async () => {
      const factor = (layer: number, head: number) => [1, 0, 0.5, -1][(layer + head) % 4]!;
      const mask = (layer: number, head: number): SinkWindowMask | null =>
        (layer + head) % 3 === 0 ? null : { kind: 'sink-window', sink: head % 5, window: 1 + ((7 * head) % 30) };
      const perHead = <T>(value: (head: number) => T): T[] =>
        Array.from({ length: model.architecture.heads }, (_, head) => value(head));
      await expectSteps(
        'changed',
        {
          gain: (layer) => Float32Array.from(perHead((head) => factor(layer, head))),
          masks: (layer) => perHead((head) => mask(layer, head)),
        },
        {
          headGain: factor,
          visible: (layer, head, query, key) => {
            const spec = mask(layer, head);
            return spec === null || key < spec.sink || query - key < spec.window;
          },
        },
      );
    });
  },
);

describe('decoder of a model with dynamic NTK rotation', () => {
  const ids = Int32Array.from({ length: 300 }, (_, i) => (i * 17 + 3 + ((i * i) % 7)) % 61);
  let path: string;
  let model: ForwardModel;
  beforeAll(async () => {
    path = join(folder, 'dynamic');
    const config = { rope_scaling: { rope_type: 'dynamic', factor: 4 } };
    await writeTinyModel(path, { family: 'llama', kvHeads: 2, context: 100, seed: 5, config });
    model = await open(path);
  });
  afterAll(async () => {
    await model.sessions.dispose();
    await model.kernel.dispose();
  });

  it('rotates for the length that there is, also when it shrinks and after a cancel', async () => {
    const decoder = createDecoder(model, { gain: () => null, masks: () => null, capacity: 300 });
    const { vocabSize } = model.architecture;
    const expectAt = async (n: number): Promise<void> => {
      const logits = await decoder.append(ids.subarray(decoder.length, n), JOB);
      const expected = await referenceForward(path, ids.subarray(0, n));
      expect(maxAbsError(logits, expected.logits.subarray((n - 1) * vocabSize))).toBeLessThan(1e-4);
    };
    const cancelAt = async (n: number): Promise<void> => {
      const controller = new AbortController();
      let calls = 0;
      const progress = (): void => {
        calls += 1;
        if (calls === 4) controller.abort();
      };
      const cancelled = decoder.append(ids.subarray(decoder.length, n), { signal: controller.signal, progress });
      await expect(cancelled).rejects.toThrow('Cancelled');
    };
    await expectAt(60);
    await expectAt(300);
    decoder.truncate(0);
    await expectAt(60);
    await expectAt(300);
    decoder.truncate(60);
    await expectAt(61);
    await cancelAt(300);
    await expectAt(62);
    await expectAt(200);
    decoder.truncate(62);
    await cancelAt(200);
    await expectAt(200);
  });
});

describe('decoder', () => {
  let path: string;
  let model: ForwardModel;
  const ids = Int32Array.from({ length: 60 }, (_, i) => (i * 17 + 3) % 61);
  const options = { gain: () => null, masks: () => null, capacity: 60 };
  beforeAll(async () => {
    path = join(folder, 'one');
    await writeTinyModel(path, { family: 'qwen2', kvHeads: 2, seed: 3 });
    model = await open(path);
  });
  afterAll(async () => {
    await model.sessions.dispose();
    await model.kernel.dispose();
  });

  it('equals the engine’s full run at every position', async () => {
    const capture = await runForward(model, { ids, gain: () => null }, JOB);
    const full = await logitRows(model, capture, 0, ids.length);
    expect(maxAbsError(await createDecoder(model, options).appendAll(ids, JOB), full)).toBe(0);
    const stepwise = createDecoder(model, options);
    const { vocabSize } = model.architecture;
    for (let i = 0; i < ids.length; i++) {
      const logits = await stepwise.append(ids.subarray(i, i + 1), JOB);
      expect(maxAbsError(logits, full.subarray(i * vocabSize, (i + 1) * vocabSize))).toBeLessThan(1e-4);
    }
  });

  it('goes on from the beginning of a run as if it had computed it', async () => {
    const capture = await runForward(model, { ids, gain: () => null }, JOB);
    const full = await logitRows(model, capture, 0, ids.length);
    for (const positions of [1, 40, 59]) {
      const seeded = createDecoder(model, { ...options, seed: { positions, run: capture } });
      expect(seeded.length).toBe(positions);
      const logits = await seeded.appendAll(ids.subarray(positions), JOB);
      expect(maxAbsError(logits, full.subarray(positions * model.architecture.vocabSize))).toBeLessThan(1e-4);
      const { k } = seeded.cache(1);
      expect(maxAbsError(k, capture.layers[1]!.k)).toBeLessThan(1e-5);
    }
    const seed = { positions: 60, run: capture };
    expect(() => createDecoder(model, { ...options, capacity: 59, seed })).toThrow('60 tokens are more than the 59');
  });

  it('computes the beginning of a run anew whose keys were turned for its own length', async () => {
    const long = join(folder, 'turned');
    const config = { rope_scaling: { rope_type: 'dynamic', factor: 4 } };
    await writeTinyModel(long, { family: 'llama', seed: 5, context: 40, config });
    const turning = await open(long);
    const capture = await runForward(turning, { ids, gain: () => null }, JOB);
    const seeded = createDecoder(turning, { ...options, seed: { positions: 50, run: capture } });
    const logits = await seeded.append(ids.subarray(50, 51), JOB);
    const expected = await referenceForward(long, ids.subarray(0, 51));
    expect(maxAbsError(logits, expected.logits.subarray(50 * turning.architecture.vocabSize))).toBeLessThan(1e-4);
    await turning.sessions.dispose();
    await turning.kernel.dispose();
  });

  it('goes on from a prefix after truncation as if nothing had come between', async () => {
    const decoder = createDecoder(model, options);
    await decoder.append(ids.subarray(0, 40), JOB);
    const first = await decoder.append(ids.subarray(40), JOB);
    decoder.truncate(40);
    await decoder.append(Int32Array.of(9, 9, 9), JOB);
    decoder.truncate(40);
    expect(await decoder.append(ids.subarray(40), JOB)).toEqual(first);
  });

  it('refuses more positions than it has room for and stays as it was', async () => {
    const decoder = createDecoder(model, options);
    await decoder.append(ids.subarray(0, 59), JOB);
    await expect(decoder.append(Int32Array.of(1, 2), JOB)).rejects.toMatchObject({ code: 'prompt-too-long' });
    expect(decoder.length).toBe(59);
  });

  it('a cancelled append leaves the cache as it was', async () => {
    const decoder = createDecoder(model, options);
    const before = await decoder.append(ids.subarray(0, 30), JOB);
    const controller = new AbortController();
    const job = { signal: controller.signal, progress: () => controller.abort() };
    await expect(decoder.append(ids.subarray(30), job)).rejects.toThrow('Cancelled');
    expect(decoder.length).toBe(30);
    decoder.truncate(29);
    expect(maxAbsError(await decoder.append(ids.subarray(29, 30), JOB), before)).toBeLessThan(1e-5);
  });
});
