// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { comparedRows } from './next-rows.ts';

describe('comparedRows', () => {
  it('lists the candidates of both runs once, likeliest on either side first', () => {
    const choice = (id: number, clean: number, changed: number) => ({ id, display: `t${id}`, clean, changed });
    const rows = comparedRows({
      kl: 0,
      klPerToken: new Float32Array(),
      nllDelta: new Float32Array(),
      before: [choice(1, 0.6, 0.1), choice(2, 0.3, 0.2)],
      after: [choice(3, 0.01, 0.7), choice(2, 0.3, 0.2)],
    });
    expect(rows.map(({ id }) => id)).toEqual([3, 1, 2]);
  });
});
