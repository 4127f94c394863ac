import { expect, it } from 'vitest';
import { keyAxes, keyBars, keyRows, signedLogit } from './key-rows.ts';
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
    { from: 0, to: 2, key: 1, value: -5 },
    { from: 2, to: 4, key: 3, value: 3 },
    { from: 4, to: 6, key: 4, value: NaN },
    { from: 6, to: 7, key: 6, value: 0.5 },
  ]);
});

it('has axes that hold zero and every bar, each around its number', () => {
  const record = keysRecord({ deviation: [0.5, NaN, 2], logit: [-3, 1, 0] });
  const { x, y } = keyAxes(record, 'logit', keyBars(record.logit, 10));
  expect([x.lo, x.hi, y.lo, y.hi]).toEqual([-0.5, 2.5, -3, 1]);
});

it('writes logits with a sign, and small ones with their digits', () => {
  expect([0.0042, -2.169, -2.4e-5].map(signedLogit)).toEqual(['+0.004', '−2.169', '−2.4e−5']);
});
