import { describe, expect, it } from 'vitest';
import { attendChanged } from './attend-changed.ts';
import { range } from './choose.ts';
import { rowProbabilities } from './rows.ts';
import { randomLayer } from './testing/layers.ts';

describe('attention to a changed cache', () => {
  const data = randomLayer(1);
  const all = Array.from({ length: 4 }, () => range(0, 21));
  const attended = async (cache: Parameters<typeof attendChanged>[3], reads = all) => {
    const output = new Float32Array(4 * 8);
    await attendChanged(data, 20, reads, cache, output, () => Promise.resolve());
    return output;
  };
  const dense = Float32Array.from({ length: 4 * 8 }, (_, at) => {
    const head = Math.floor(at / 8);
    const row = rowProbabilities(data, head, 20);
    return row.reduce((sum, p, key) => sum + p * data.v[key * 16 + Math.floor(head / 2) * 8 + (at % 8)]!, 0);
  });

  it('is dense attention where nothing is changed', async () => {
    (await attended({ k: data.k, v: data.v })).forEach((value, at) => expect(value).toBeCloseTo(dense[at]!, 6));
  });

  it('weighs one more key by what it stands for', async () => {
    // Two keys that are alike, of which one is left out and counted with the other.
    const k = data.k.slice();
    const v = data.v.slice();
    k.copyWithin(7 * 16, 3 * 16, 4 * 16);
    v.copyWithin(7 * 16, 3 * 16, 4 * 16);
    const part = (values: Float32Array, head: number) =>
      Float64Array.from(values.subarray(3 * 16 + Math.floor(head / 2) * 8, 3 * 16 + Math.floor(head / 2) * 8 + 8));
    const extra = [0, 1, 2, 3].map((head) => ({ key: part(k, head), value: part(v, head), count: 2 }));
    const others = range(0, 21).filter((key) => key !== 3 && key !== 7);
    const both = await attended({ k, v });
    (await attended({ k, v, extra }, [others, others, others, others])).forEach((value, at) =>
      expect(value).toBeCloseTo(both[at]!, 6),
    );
  });

  it('writes zeros where there is no key', async () => {
    expect([
      ...(await attended({ k: data.k, v: data.v }, [all[0]!, range(0, 0), all[2]!, all[3]!])).subarray(8, 16),
    ]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
