import { afterAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../attention/load-addon.ts';
import { statisticsBytes } from '../attention/statistics.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { LayerStatistics } from './layer-statistics.ts';

const { signal } = new AbortController();
const made: LayerStatistics[] = [];
afterAll(async () => {
  for (const statistics of made) await statistics.dispose();
});

const { architecture, capture } = await randomCapture({ tokens: 300, heads: 4, kvHeads: 2 });
const [layer] = capture.layers;

async function create(layers = 1, addon = '', budgetBytes?: number): Promise<LayerStatistics> {
  const shape = { ...architecture, scale: Array.from({ length: layers }, () => architecture.scale[0]!) };
  const source = { shape, tokens: capture.tokens, layers: Array.from({ length: layers }, () => layer!) };
  const statistics = await LayerStatistics.create(source, addon, 1, budgetBytes);
  made.push(statistics);
  return statistics;
}

describe('LayerStatistics', () => {
  it('are those that the capture had, bit for bit', async () => {
    const statistics = await create();
    await statistics.prepare({ layer: 0, head: 3 }, signal);
    const { entropy, columnSum, distance, poolMax, poolSum, rowArgmax } = layer!;
    expect(statistics.of(0)).toMatchObject({ entropy, columnSum, distance, poolMax, poolSum, rowArgmax });
  });

  it.skipIf(loadAddon(`${import.meta.dirname}/../../out/addon/attention.node`).addon === null)(
    'are computed head by head with the addon',
    async () => {
      const statistics = await create(1, `${import.meta.dirname}/../../out/addon/attention.node`);
      await statistics.prepare({ layer: 0, head: 2 }, signal);
      const { entropy } = statistics.of(0);
      const n = capture.tokens;
      expect(entropy.subarray(0, 2 * n).every((value) => value === 0)).toBe(true);
      const off = entropy.subarray(2 * n, 3 * n).map((value, i) => Math.abs(value - layer!.entropy[2 * n + i]!));
      expect(Math.max(...off)).toBeLessThan(1e-5);
      expect(entropy.subarray(3 * n).every((value) => value === 0)).toBe(true);
    },
  );

  it('are computed once for all who ask at the same time, until the last of them leaves', async () => {
    const statistics = await create();
    const [one, other] = [new AbortController(), new AbortController()];
    const head = { layer: 0, head: 0 };
    const first = statistics.prepare(head, one.signal);
    const second = statistics.prepare({ layer: 0, head: 1 }, other.signal);
    one.abort();
    await expect(first).rejects.toThrow('Cancelled');
    await second;
    expect(statistics.of(0).entropy).toEqual(layer!.entropy);

    const left = await create();
    const alone = new AbortController();
    const gone = left.prepare(head, alone.signal);
    alone.abort();
    await expect(gone).rejects.toThrow('Cancelled');
    // Who asks after that does not inherit the cancel.
    await left.prepare(head, signal);
    expect(left.of(0).entropy).toEqual(layer!.entropy);
    await expect(left.prepare({ layer: 0, head: 0 }, alone.signal)).resolves.toBeUndefined();
  });

  it('keep the layers that were looked at last', async () => {
    const statistics = await create(3, '', 2 * statisticsBytes(4, capture.tokens));
    for (const at of [0, 1, 0, 2]) {
      await statistics.prepare({ layer: at, head: 0 }, signal);
      expect(statistics.of(at).entropy).toEqual(layer!.entropy);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(() => statistics.of(1)).toThrow('statistics of layer 1');
    for (const at of [0, 2]) expect(statistics.of(at).entropy).toEqual(layer!.entropy);
  });
});
