// @vitest-environment node
import { expect, it } from 'vitest';
import { attributionRows } from './attribution-rows.ts';

const attribution = {
  position: 3,
  token: 7,
  against: null,
  heads: Float64Array.of(0.5, -1, 2, 0.25),
  attentionBias: Float64Array.of(0, 0),
  mlps: Float64Array.of(1, -0.5),
  embedding: 0.125,
  bias: 0,
  sum: 2.375,
  logit: 2.375,
};

it('rows are the head, what else there is, and sum to all parts', () => {
  const { rows, largest } = attributionRows(attribution, { layer: 0, head: 1 }, 2);
  expect(rows.map(({ name, value }) => [name, value])).toEqual([
    ['L0H1', -1],
    ['other heads', 2.75],
    ['MLPs', 0.5],
    ['embedding', 0.125],
  ]);
  expect(rows[0]!.note).toBe('rank 4 of 4');
  expect(largest).toBe(2.75);
  expect(rows.reduce((sum, { value }) => sum + value, 0)).toBe(attribution.sum);
});

it('shows biases where there are any', () => {
  const changed = { ...attribution, bias: -0.5, attentionBias: Float64Array.of(0.25, 0.5) };
  const { rows } = attributionRows(changed, { layer: 0, head: 1 }, 2);
  expect(rows.find(({ name }) => name === 'biases of attention')?.value).toBe(0.75);
  expect(rows.find(({ name }) => name === 'biases at the end')?.value).toBe(-0.5);
});
