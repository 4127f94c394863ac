/** Ablation against the reference with the same slice of z changed, and resumed runs against full ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberParameter, type Intervention } from '../../shared/model/intervention.ts';
import { samePlace } from '../../shared/model/place.ts';
import type { Capture } from '../capture/capture.ts';
import { factorsOf } from '../engine/gains.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { concat, maxAbsError } from '../testing/compare.ts';
import { openForward } from '../testing/open-forward.ts';
import { referenceForward } from '../testing/reference-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { CONTEXT, EngineUnderTest, everyLayer } from './engine-tensors.ts';
import { ParityTable } from './parity-table.ts';

const LIMIT = 1e-4;

const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  'llama, r = 4': { family: 'llama', layers: 3, heads: 8, kvHeads: 2, attentionBias: true },
  'qwen2, r = 2': { family: 'qwen2', kvHeads: 2, layers: 3 },
  'qwen3, head_dim 24': { family: 'qwen3', kvHeads: 1, headDim: 24 },
  'mistral, window 7': { family: 'mistral', kvHeads: 2, config: { sliding_window: 7 } },
  gpt2: { family: 'gpt2', layers: 3 },
};

const table = new ParityTable('ablated runs against the float64 reference with the same slice of z zeroed, every head');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-ablation-'));
});
afterAll(async () => {
  table.print();
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(MODELS).map(([name, options], seed) => ({ name, options, seed })))(
  '$name',
  ({ name, options, seed }) => {
    const engine = new EngineUnderTest();
    let path: string;
    let ids: Int32Array;
    beforeAll(async () => {
      path = join(folder, String(seed));
      await writeTinyModel(path, { ...options, seed: seed + 300 });
      await engine.open(path);
      ids = randomIds(createRng(seed), 23, engine.info.vocabSize);
    });
    afterAll(() => engine.dispose());

    async function check(interventions: readonly Intervention[]): Promise<void> {
      const { layers } = engine.info;
      const gain = (layer: number, head: number): number =>
        interventions
          .filter(({ where }) => samePlace(where, { layer, head }))
          .reduce((product, item) => product * (item.what === 'zero' ? 0 : numberParameter(item, 'factor')), 1);
      const expected = await referenceForward(path, ids, { headGain: gain });
      const { runId } = await engine.run(ids, interventions);
      const tensors = await engine.tensors(runId, ['attn.hook_z', 'hook_resid_pre', 'hook_resid_post', 'logits']);
      const errors = {
        z: maxAbsError(concat(everyLayer(tensors, 'attn.hook_z', layers)), concat(expected.layers.map(({ z }) => z))),
        resid: maxAbsError(
          concat([
            ...everyLayer(tensors, 'hook_resid_pre', layers),
            tensors.get(`blocks.${layers - 1}.hook_resid_post`)!,
          ]),
          concat(expected.residuals),
        ),
        logits: maxAbsError(tensors.get('logits')!, expected.logits),
      };
      for (const [tensor, error] of Object.entries(errors)) {
        table.add(name, tensor, error, LIMIT);
        expect(error, tensor).toBeLessThan(LIMIT);
      }
    }

    it('zeroes every head as the reference does', async () => {
      const clean = await engine.run(ids);
      const { layers, heads } = engine.info;
      for (let layer = 0; layer < layers; layer++) {
        for (let head = 0; head < heads; head++) {
          const zero: Intervention = { what: 'zero', where: { layer, head } };
          await check([zero]);
          const changed = await engine.run(ids, [zero]);
          expect(changed.computedFrom).toBe(layer);
          const { kl } = await engine.engine.handlers['run.compare'](
            { clean: clean.runId, changed: changed.runId },
            CONTEXT,
          );
          // A head that made no difference would let a no-op pass.
          expect(kl).toBeGreaterThan(1e-7);
        }
      }
    });

    it('scales, combines heads and multiplies what names one head twice', async () => {
      const scale = (layer: number, head: number, factor: number): Intervention => ({
        what: 'scale',
        where: { layer, head },
        parameters: { factor },
      });
      const zero: Intervention = { what: 'zero', where: { layer: 1, head: 2 } };
      await check([scale(0, 1, 0.5)]);
      await check([scale(1, 0, -2)]);
      await check([scale(0, 0, 0.5), scale(0, 0, 3), zero, scale(1, 3, 1.5)]);
      await check([zero, scale(1, 2, 5)]);
    });

    it.each([23, 300])('gives the same bits resumed and in full, n = %i', async (n) => {
      const model = await openForward(path, { addon: '' });
      const job: Job = { signal: CONTEXT.signal, progress: () => undefined, turn: () => Promise.resolve() };
      const tokens = randomIds(createRng(seed + n), n, model.architecture.vocabSize);
      const clean = await runForward(model, { ids: tokens, gain: () => null }, job);
      const { layers, heads } = model.architecture;
      for (let layer = 0; layer < layers; layer++) {
        const where = { layer, head: (3 * layer + 1) % heads };
        for (const item of [
          { what: 'zero', where },
          { what: 'scale', where, parameters: { factor: 0.3 } },
        ] as Intervention[]) {
          const gain = factorsOf(model.architecture, [item]);
          const full = await runForward(model, { ids: tokens, gain }, job);
          const resumed = await runForward(
            model,
            { ids: tokens, gain, resume: { capture: clean, fromLayer: layer } },
            job,
          );
          expectSameBits(resumed, full);
        }
      }
      await model.dispose();
    });
  },
);

function expectSameBits(actual: Capture, expected: Capture): void {
  const arrays = ({ resid, layers }: Capture): ArrayBufferView[] => [
    ...resid,
    ...layers.flatMap((layer) => [
      layer.q,
      layer.k,
      layer.v,
      layer.z,
      layer.lse,
      layer.entropy,
      layer.rowMax,
      layer.rowArgmax,
      layer.columnSum,
      layer.meanDistance,
    ]),
  ];
  const bytes = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  const others = arrays(expected);
  for (const [i, array] of arrays(actual).entries())
    expect(bytes(array).equals(bytes(others[i]!)), `array ${i}`).toBe(true);
}
