import { expect, it } from 'vitest';
import type { LayerData } from './method.ts';
import { groupOf } from './method.ts';
import { oracleRows } from './oracle-masses.ts';
import { randomLayer } from './testing/layers.ts';

const rest = () => Promise.resolve();

/** Weights of a row from the definition, the largest first. */
function falling(data: LayerData, head: number, query: number): number[] {
  const { q, k, heads, kvHeads, headDim, scale } = data;
  const group = groupOf(data, head);
  const scores = Array.from({ length: query + 1 }, (_, key) => {
    let dot = 0;
    for (let d = 0; d < headDim; d++) {
      dot += q[(query * heads + head) * headDim + d]! * k[(key * kvHeads + group) * headDim + d]!;
    }
    return Math.exp(dot * scale);
  });
  const sum = scores.reduce((a, b) => a + b, 0);
  return scores.map((score) => score / sum).sort((a, b) => b - a);
}

it('looks at every row of a question, and at some of a long prompt', async () => {
  const data = randomLayer(3, { tokens: 110 });
  const few = await oracleRows(data, 50, rest);
  expect(few.rows).toEqual([...Array(60).keys()]);
  for (const [head, at, count] of [
    [0, 0, 1],
    [3, 59, 7],
    [2, 31, 81],
  ] as const) {
    const best = falling(data, head, 50 + at).slice(0, count);
    expect(few.mass(head, at, count)).toBeCloseTo(
      best.reduce((a, b) => a + b, 0),
      9,
    );
  }
  expect(few.mass(1, 5, 0)).toBe(0);
  const many = await oracleRows(data, 30, rest);
  expect(many.rows).toEqual(Array.from({ length: 16 }, (_, at) => 5 * (at + 1) - 1));
  expect(many.mass(1, 15, 4)).toBeCloseTo(
    falling(data, 1, 109)
      .slice(0, 4)
      .reduce((a, b) => a + b, 0),
    9,
  );
});
