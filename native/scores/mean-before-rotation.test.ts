import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseKernel, openForward } from '../bench/open-forward.ts';
import { openModel } from '../model/open-model.ts';
import { maxAbsError } from '../testing/compare.ts';
import { mapContext, uniformMap } from '../testing/map-context.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { duoProxy } from './duo-proxy.ts';
import { meanBeforeRotation, turnsOf } from './mean-before-rotation.ts';

const TOKENS = 50;
const breathe = () => Promise.resolve();
/** Factor that YaRN scales queries and keys by. */
const YARN = 1.5;
const CASES = [
  { name: 'plain', factor: 1, config: {} },
  {
    name: 'yarn',
    factor: YARN,
    config: {
      rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32, attention_factor: YARN },
    },
  },
] as const;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-unrotated-'));
});
afterAll(() => rm(root, { recursive: true }));

describe.each(CASES)('queries and keys before rotation, $name', ({ name, factor, config }) => {
  it('have the mean of what the graph gives before it rotates them', async () => {
    const folder = path.join(root, name);
    await writeTinyModel(folder, { family: 'llama', layers: 2, heads: 4, kvHeads: 2, context: 128, config });
    const model = await openModel({ folder, source: 'folder' });
    const { architecture } = model;
    const { heads, kvHeads, headDim } = architecture;
    const kernel = chooseKernel('onnx', '');
    if ('notRun' in kernel) throw new Error(kernel.notRun);
    const forward = await openForward(model, kernel.create, { threads: 1, addon: '' });
    const means = { qRaw: new Float64Array(heads * headDim), kRaw: new Float64Array(kvHeads * headDim) };
    const capture = await forward.run(
      {
        ids: Int32Array.from({ length: TOKENS }, (_, i) => (i * 17 + 5) % 61),
        gain: () => null,
        extras: {
          hooks: ['qRaw', 'kRaw'],
          receive: (hook, layer, _row, values) => {
            if (layer !== 1 || hook === 'residMid') return;
            const mean = means[hook];
            values.forEach((value, at) => (mean[at % mean.length]! += (value * factor) / TOKENS));
          },
        },
      },
      { signal: new AbortController().signal, progress: () => undefined },
    );
    const context = { ...mapContext({ maps: [uniformMap(2)] }), capture, architecture };
    for (const [kind, count, mean] of [
      ['q', heads, means.qRaw],
      ['k', kvHeads, means.kRaw],
    ] as const) {
      for (let head = 0; head < count; head++) {
        const found = await meanBeforeRotation(context, 1, kind, head, breathe);
        expect(maxAbsError(found, mean.subarray(head * headDim, (head + 1) * headDim))).toBeLessThan(1e-5);
      }
    }
    await checkProxy(context, means, factor);
    await forward.dispose();
  });

  /** Rotates the means to every position, as kvpress does. */
  async function checkProxy(
    context: Parameters<typeof duoProxy.compute>[0],
    means: { readonly qRaw: Float64Array; readonly kRaw: Float64Array },
    scaled: number,
  ): Promise<void> {
    const { ropeTables } = await import('../families/rope.ts');
    const { heads, kvHeads, headDim, scale, rope } = context.architecture;
    const positions = 20;
    const { cos, sin } = ropeTables(rope!, positions);
    const half = headDim / 2;
    // The means hold the scale already, and the tables would bring it in once more.
    const rotated = (mean: Float64Array, position: number) =>
      mean.map((x, d) => {
        const at = position * half + (d % half);
        const other = d < half ? -mean[d + half]! : mean[d - half]!;
        return (x * cos[at]! + other * sin[at]!) / scaled;
      });
    for (let head = 0; head < heads; head++) {
      const group = Math.floor((head * kvHeads) / heads);
      const size = heads / kvHeads;
      let expected = 0;
      for (let member = group * size; member < (group + 1) * size; member++) {
        const query = rotated(means.qRaw.subarray(member * headDim, (member + 1) * headDim), positions - 1);
        const scores = Array.from({ length: positions }, (_, position) => {
          const key = rotated(means.kRaw.subarray(group * headDim, (group + 1) * headDim), position);
          return scale[1]! * key.reduce((sum, value, d) => sum + value * query[d]!, 0);
        });
        const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
        let running = 0;
        for (const score of scores) {
          running += Math.exp(score) / total;
          expected += running / positions / size;
        }
      }
      expect(await duoProxy.compute(context, 1, head, { positions }, {}, breathe)).toBeCloseTo(expected, 4);
    }
  }
});

describe('turnsOf', () => {
  it('has cos and sin of every angle, and breathes on the way', async () => {
    const rope = { theta: 100, headDim: 4, scaling: { kind: 'linear', factor: 2 } } as const;
    let breaths = 0;
    const { cos, sin } = await turnsOf(rope, 3000, () => Promise.resolve(void (breaths += 1)));
    expect(breaths).toBe(2);
    for (const position of [0, 1, 1023, 1024, 2999]) {
      for (const [d, frequency] of [1 / 2, 1 / 20].entries()) {
        expect(cos[2 * position + d]).toBeCloseTo(Math.cos(position * frequency), 12);
        expect(sin[2 * position + d]).toBeCloseTo(Math.sin(position * frequency), 12);
      }
    }
  });
});
