import { describe, expect, it } from 'vitest';
import { razor } from './razor.ts';
import { contextOf } from './select-layer.ts';
import { changedOutputs, keyLayer, randomLayer, selectAll } from './testing/layers.ts';

describe('RazorAttention', () => {
  const keys = [2, 0, 1, -1, 1, 0.5];
  const layer = {
    ...keyLayer(
      keys.map((key) => [key]),
      [1],
    ),
    v: Float32Array.of(0, 1, 2, 3, 4, 5),
  };
  const request = { promptLength: 5, parameters: { sink: 1, window: 2, divisor: 0 } };

  it('keeps sink and window, and the mean of what was dropped', async () => {
    expect((await selectAll(razor, [layer], request)).reads[0]).toEqual([[[0, 4, 5]]]);
    // Keys 1 to 3 have the mean 0, their values 2. Dense: 1.6827.
    expect((await changedOutputs(razor, [layer], request))[0]![0]).toBeCloseTo(1.7021, 4);
    const without = { ...request, parameters: { ...request.parameters, compensation: 0 } };
    expect((await changedOutputs(razor, [layer], without))[0]![0]).toBeCloseTo(1.6261, 4);
  });

  it('adds to the mean what leaves the window at each step', async () => {
    const longer = keyLayer(
      [...keys, 0.25].map((key) => [key]),
      [1],
    );
    const changed = (
      await changedOutputs(razor, [{ ...longer, v: Float32Array.of(0, 1, 2, 3, 4, 5, 6) }], request)
    )[0]!;
    // Now four are dropped: mean key 0.25, mean value 2.5.
    const weights = [Math.exp(2), Math.exp(0.5), Math.exp(0.25), 4 * Math.exp(0.25)];
    const values = [0, 5, 6, 2.5];
    const sum = weights.reduce((a, b) => a + b);
    expect(changed[1]).toBeCloseTo(weights.reduce((all, weight, i) => all + weight * values[i]!, 0) / sum, 5);
  });

  it('leaves whole what has the largest scores, by group and over all layers', async () => {
    const layers = [
      { induction: Float32Array.of(0.1, 0.2, 0.9, 0), echo: Float32Array.of(0, 0, 0, 0) },
      { induction: Float32Array.of(0.3, 0.8, 0, 0.1), echo: Float32Array.of(0, 0.1, 0, 0.7) },
    ].map((probe, at) => ({ ...randomLayer(at), probe }));
    const fullOf = async (induction: number, echo: number) => {
      const { held } = await selectAll(razor, layers, {
        promptLength: 20,
        parameters: { induction, echo, sink: 1, window: 3, divisor: 0 },
      });
      return held.map((heads) => heads.map((own) => (own.length === 20 ? 1 : 0)).join('')).join(' ');
    };
    expect(await fullOf(0.25, 0)).toBe('0011 0000');
    expect(await fullOf(0.5, 0)).toBe('0011 1100');
    expect(await fullOf(0.25, 0.25)).toBe('0011 0011');
    expect(await fullOf(0, 0)).toBe('0000 0000');
  });

  it('has a window of a fifth of the prompt where that is more, and the budget in place of both', async () => {
    const data = randomLayer(1, { tokens: 101 });
    const heldWith = async (more: object) => {
      const { held } = await selectAll(razor, [data], { promptLength: 100, ...more });
      return held[0]![0]!.length;
    };
    expect(await heldWith({ parameters: { window: 7, induction: 0 } })).toBe(24);
    expect(await heldWith({ parameters: { window: 7, divisor: 0, induction: 0 } })).toBe(11);
    expect(await heldWith({ parameters: { induction: 0 }, budget: { keys: 10 } })).toBe(10);
    // Published: 4000 of 8192 tokens.
    const { resolved } = contextOf(razor, {
      layers: 1,
      promptLength: 1024,
      budget: null,
      breathe: () => Promise.resolve(),
    });
    expect(resolved).toMatchObject({ budget: null, parameters: { sink: 4, window: 500, divisor: 5 } });
  });
});
