// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { GeneratedToken } from '../../model/generation.ts';
import { stepRows } from './step-rows.ts';

function step(id: number, prob: number, top: readonly (readonly [number, number])[]): GeneratedToken {
  const named = (of: number) => ({ id: of, display: `#${of}`, text: '' });
  return { ...named(id), prob, top: top.map(([of, p]) => ({ ...named(of), prob: p, logit: Math.log(p) })) };
}

describe('the candidates of a step', () => {
  it('are the likeliest and the token that was drawn below them', () => {
    const rows = stepRows([step(9, 0.01, [[1, 0.6], [2, 0.2]])]); // prettier-ignore
    expect(rows.map(({ id, probs, taken }) => [id, probs[0]?.p, taken[0]])).toEqual([
      [1, 0.6, false],
      [2, 0.2, false],
      [9, 0.01, true],
    ]);
  });

  it('of two lines are in one list; what a line does not list is no likelier than its last', () => {
    const rows = stepRows([
      step(1, 0.6, [[1, 0.6], [2, 0.2]]), // prettier-ignore
      step(3, 0.7, [[3, 0.7], [1, 0.1]]), // prettier-ignore
    ]);
    expect(rows.map(({ id }) => id)).toEqual([3, 1, 2]);
    expect(rows[0]).toMatchObject({ probs: [{ p: 0.2, isBound: true }, { p: 0.7, isBound: false }], taken: [false, true] }); // prettier-ignore
    expect(rows[2]).toMatchObject({ probs: [{ p: 0.2, isBound: false }, { p: 0.1, isBound: true }] }); // prettier-ignore
  });
});
