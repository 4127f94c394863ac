/** The engine against the plain float64 forward, on random small models of every family. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, maxAbsError } from '../testing/compare.ts';
import { referenceForward, type ReferenceRun } from '../testing/reference-forward.ts';
import { RANDOM_MODELS } from '../testing/random-models.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { EngineUnderTest, everyLayer } from './engine-tensors.ts';
import { ParityTable } from './parity-table.ts';

const LENGTHS = [1, 2, 17, 300];
const ATTENTION_LIMIT = 1e-5;
const LIMIT = 1e-4;

const table = new ParityTable('engine (float32) against the float64 reference, random models, n = 1, 2, 17, 300');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-random-'));
});
afterAll(async () => {
  table.print();
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(RANDOM_MODELS).map(([name, options], seed) => ({ name, options, seed })))(
  '$name',
  ({ name, options, seed }) => {
    const engine = new EngineUnderTest();
    let path: string;
    beforeAll(async () => {
      path = join(folder, String(seed));
      await writeTinyModel(path, { ...options, seed: seed + 100 });
      await engine.open(path);
    });
    afterAll(() => engine.dispose());

    it.each(LENGTHS)('n = %i', async (n) => {
      const ids = randomIds(createRng(1000 * seed + n), n, engine.info.vocabSize);
      const expected = await referenceForward(path, ids);
      const { runId, next } = await engine.run(ids);
      const { layers } = engine.info;
      const tensors = await engine.tensors(runId, [
        ...['q', 'k', 'rot_q', 'rot_k', 'v', 'z', 'attn_scores'].map((hook) => `attn.hook_${hook}`),
        ...['hook_resid_pre', 'hook_resid_post', 'logits'],
      ]);
      const check = (tensor: string, actual: ArrayLike<number>, reference: ArrayLike<number>, limit = LIMIT): void => {
        const error = maxAbsError(actual, reference);
        table.add(name, tensor, error, limit);
        expect(error, tensor).toBeLessThan(limit);
      };
      const layerwise = (hook: string): Float64Array => concat(everyLayer(tensors, hook, layers));
      const reference = (
        part: 'q' | 'k' | 'v' | 'z' | 'qBeforeRope' | 'kBeforeRope' | 'scores' | 'attention',
      ): Float64Array => concat(expected.layers.map((layer) => layer[part]));

      const visible = reference('attention');
      const attention = concat(await engine.attentionByTiles(runId, n));
      attention.forEach((p, cell) => expectMask(Number.isNaN(p), visible[cell]!));
      check(
        'attention',
        attention.map((p) => (Number.isNaN(p) ? 0 : p)),
        visible,
        ATTENTION_LIMIT,
      );
      const scores = layerwise('attn.hook_attn_scores');
      check(
        'scores',
        scores,
        reference('scores').map((score, i) => (scores[i] === -Infinity ? -Infinity : score)),
      );
      check('q', layerwise('attn.hook_rot_q'), reference('q'));
      check('k', layerwise('attn.hook_rot_k'), reference('k'));
      check('q, raw', layerwise('attn.hook_q'), reference('qBeforeRope'));
      check('k, raw', layerwise('attn.hook_k'), reference('kBeforeRope'));
      check('v', layerwise('attn.hook_v'), reference('v'));
      check('z', layerwise('attn.hook_z'), reference('z'));
      const residuals = [layerwise('hook_resid_pre'), tensors.get(`blocks.${layers - 1}.hook_resid_post`)!];
      check('resid', concat(residuals), concat(expected.residuals));
      check('logits', tensors.get('logits')!, expected.logits);
      expect(next[0]!.id).toBe(likeliest(expected));
    });
  },
);

/** A probability may underflow to 0, so a visible cell need not be positive; a masked one is exactly 0. */
function expectMask(masked: boolean, p: number): void {
  if (masked ? p !== 0 : p === 0)
    expect.fail(`A cell is ${masked ? 'masked' : 'visible'} where the reference has ${p}.`);
}

function likeliest({ logits, n, vocab }: ReferenceRun): number {
  const last = logits.subarray((n - 1) * vocab);
  return last.indexOf(Math.max(...last));
}
