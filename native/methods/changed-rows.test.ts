import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKernel } from '../attention/choose-kernel.ts';
import type { AttentionKernel } from '../attention/kernel.ts';
import { ADDON } from '../testing/open-forward.ts';
import { ChangedRows } from './changed-rows.ts';
import { findMethod } from './index.ts';
import { changedOutputs, forChanged, randomLayer } from './testing/layers.ts';

const TOKENS = 60;
const PROMPT = 37;
const data = { ...randomLayer(3, { tokens: TOKENS }), frequencies: Float64Array.of(1, 0.3, 0.1, 0.03) };
let kernel: AttentionKernel;
beforeAll(async () => {
  kernel = await createKernel(ADDON, data, 2);
});
afterAll(() => kernel.dispose());

describe('outputs to a changed cache', () => {
  it.each([
    ['kivi', { group: 4, residual: 8 }],
    ['zipcache', { gap: 5 }],
    ['razor', { window: 9, divisor: 0 }],
    ['sink-window', { positions: 1, window: 8 }],
  ] as const)('%s: are those of a sum over every key as each query finds it', async (id, parameters) => {
    const request = { promptLength: PROMPT, parameters };
    const [expected] = await changedOutputs(findMethod(id), [data], request);
    const rows = new ChangedRows(data, PROMPT);
    await forChanged(findMethod(id), [data], request, (_layer, query, cache, reads) => {
      if (query < TOKENS) rows.add(reads, cache);
    });
    const outputs = await rows.outputs(kernel, () => Promise.resolve());
    expect(outputs).toHaveLength((TOKENS - PROMPT) * 32);
    outputs.forEach((value, at) => expect(value).toBeCloseTo(expected![at]!, 5));
  });

  it('are the extra key alone where nothing is read, and 0 where there is none', async () => {
    const rows = new ChangedRows(data, TOKENS - 1);
    const nothing = new Int32Array(0);
    const extra = {
      key: new Float64Array(8).fill(0.1),
      value: Float64Array.from({ length: 8 }, (_, d) => d),
      count: 3,
    };
    rows.add([nothing, nothing, nothing, nothing], {
      ...{ k: data.k, v: data.v, renewed: [] },
      extra: [extra, null, null, null],
    });
    const outputs = await rows.outputs(kernel, () => Promise.resolve());
    expect([...outputs]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, ...Array<number>(24).fill(0)]);
  });
});
