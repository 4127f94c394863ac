import { expect, it } from 'vitest';
import { keyBars, keyRows } from './key-rows.ts';
import { keysRecord } from './testing/records.ts';

it('puts the keys that matter first, and those without a value last', () => {
  const record = keysRecord({ deviation: [0.5, NaN, 2], logit: [-3, 1, 0] });
  expect(keyRows(record, 'deviation').map(({ key }) => key)).toEqual([2, 0, 1]);
  expect(keyRows(record, 'logit').map(({ key }) => key)).toEqual([0, 1, 2]);
});

it('keeps the strongest of the keys that share a bar', () => {
  const values = Float32Array.of(1, -5, 2, 3, NaN, NaN, 0.5);
  expect(keyBars(values, 7).map(({ value }) => value)).toEqual([...values]);
  expect(keyBars(values, 4)).toEqual([
    { key: 1, value: -5 },
    { key: 3, value: 3 },
    { key: 4, value: NaN },
    { key: 6, value: 0.5 },
  ]);
});
