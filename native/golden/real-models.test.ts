/** The engine against float64 references of real trained models. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, maxAbsError } from '../testing/compare.ts';
import { GOLDEN_CASES, loadGolden, type Golden, type GoldenMetrics } from '../testing/golden-cases.ts';
import { describeWithTestData } from '../testing/test-data.ts';
import { CONTEXT, EngineUnderTest, everyLayer } from './engine-tensors.ts';
import { ParityTable } from './parity-table.ts';

const LIMITS = { attention: 1e-5, scores: 1e-4, q: 1e-4, k: 1e-4, v: 1e-4, resid: 1e-4, logits: 1e-4, metrics: 1e-5 };
/** Half of the last digit in reference.json. */
const ROUNDING = 5e-7;

describeWithTestData('real models', 'models', () => {
  const table = new ParityTable('engine (float32) against float64 references, real models');
  afterAll(() => table.print());

  describe.each(GOLDEN_CASES)('$name', (golden) => {
    const engine = new EngineUnderTest();
    let expected: Golden;
    let runId: string;
    /** [L][H, n, n] */
    let attention: Float64Array[];
    let tensors: ReadonlyMap<string, Float32Array>;

    beforeAll(async () => {
      expected = await loadGolden(golden);
      await engine.open(expected.modelFolder);
      ({ runId } = await engine.run(expected.ids));
      attention = await engine.attentionByTiles(runId, expected.ids.length);
      const hooks = ['attn_scores', 'rot_q', 'rot_k', 'v'].map((name) => `attn.hook_${name}`);
      tensors = await engine.tensors(runId, [...hooks, 'hook_resid_pre', 'hook_resid_post', 'logits']);
    });
    afterAll(() => engine.dispose());

    function check(tensor: keyof typeof LIMITS, error: number): void {
      table.add(golden.name, tensor, error, LIMITS[tensor]);
      expect(error).toBeLessThan(LIMITS[tensor]);
    }

    it('attention, every head and cell', async () => {
      const n = expected.ids.length;
      const reference = (await expected.tensor('attn'))!.data;
      const actual = concat(attention);
      const wrong = actual.findIndex((p, cell) => Number.isNaN(p) !== cell % n > Math.floor(cell / n) % n);
      expect(wrong, 'first cell whose mask is wrong').toBe(-1);
      check(
        'attention',
        maxAbsError(
          actual.map((p) => (Number.isNaN(p) ? 0 : p)),
          reference,
        ),
      );
    });

    it('scores of visible keys', async () => {
      const reference = await expected.tensor('scores_scaled');
      if (!reference) return;
      const actual = concat(everyLayer(tensors, 'attn.hook_attn_scores', engine.info.layers));
      check(
        'scores',
        maxAbsError(
          actual,
          reference.data.map((score, i) => (actual[i] === -Infinity ? -Infinity : score)),
        ),
      );
    });

    it.each([
      ['q', 'attn.hook_rot_q'],
      ['k', 'attn.hook_rot_k'],
      ['v', 'attn.hook_v'],
    ] as const)('%s', async (name, hook) => {
      const reference = await expected.tensor(name);
      if (reference) check(name, maxAbsError(concat(everyLayer(tensors, hook, engine.info.layers)), reference.data));
    });

    it('residuals', async () => {
      const reference = await expected.tensor('resid');
      const { layers } = engine.info;
      const boundaries = [
        ...everyLayer(tensors, 'hook_resid_pre', layers),
        tensors.get(`blocks.${layers - 1}.hook_resid_post`)!,
      ];
      if (reference) check('resid', maxAbsError(concat(boundaries), reference.data));
    });

    it('logits', async () => {
      check('logits', maxAbsError(tensors.get('logits')!, (await expected.tensor('logits'))!.data));
    });

    it('metrics of every head', () => {
      for (const [name, values] of Object.entries(metricsOf(attention, engine.info.heads, expected.ids.length))) {
        const reference = expected.metrics[name as keyof GoldenMetrics];
        if (reference) check('metrics', Math.max(0, maxAbsError(values, reference.flat()) - ROUNDING));
      }
    });

    it('the product’s own scores, where they average over the same rows', async () => {
      const { scores } = await engine.engine.handlers['run.scores']({ runId }, CONTEXT);
      const pairs = { entropy: 'entropy_nats', self: 'self', sink: 'first_token' } as const;
      for (const [id, name] of Object.entries(pairs)) {
        const values = scores.find(({ info }) => info.id === id)!.values!;
        check('metrics', Math.max(0, maxAbsError(values, expected.metrics[name].flat()) - ROUNDING));
      }
    });
  });
});

/** Per-head means over the row sets of the references, [layer, head]. */
function metricsOf(
  attention: readonly Float64Array[],
  heads: number,
  n: number,
): Record<keyof GoldenMetrics, number[]> {
  const half = (n - 1) / 2;
  const mean = (from: number, to: number, value: (p: (key: number) => number, row: number) => number): number[] =>
    attention.flatMap((map) =>
      Array.from({ length: heads }, (_, head) => {
        let sum = 0;
        for (let row = from; row < to; row++) sum += value((key) => map[(head * n + row) * n + key]!, row);
        return sum / (to - from);
      }),
    );
  const entropy = (p: (key: number) => number, row: number): number => {
    let sum = 0;
    for (let key = 0; key <= row; key++) if (p(key) > 0) sum -= p(key) * Math.log(p(key));
    return sum;
  };
  return {
    prev_token: mean(1, n, (p, row) => p(row - 1)),
    first_token: mean(1, n, (p) => p(0)),
    self: mean(1, n, (p, row) => p(row)),
    entropy_nats: mean(1, n, entropy),
    // BOS + r + r: rows of the second copy whose successor still lies in it.
    induction: mean(half + 1, n - 1, (p, row) => p(row - half + 1)),
    duplicate_token: mean(half + 1, n - 1, (p, row) => p(row - half)),
  };
}
