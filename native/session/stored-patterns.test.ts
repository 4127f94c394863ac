import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadStep, PositionSet } from '../interventions/layer-edit.ts';
import { headSteps, isUntold, parsePatterns, storedPatterns } from './stored-patterns.ts';

const TOKENS = 12;
const positions: fc.Arbitrary<PositionSet> = fc.option(
  fc.array(fc.constantFrom(0, 1), { minLength: TOKENS, maxLength: TOKENS }).map((flags) => Uint8Array.from(flags)),
);
const step: fc.Arbitrary<HeadStep> = fc.oneof(
  fc.record({
    kind: fc.constant('mask' as const),
    rows: positions,
    mask: fc.record({
      kind: fc.constant('sink-window' as const),
      sink: fc.nat(9),
      window: fc.integer({ min: 1, max: 9 }),
    }),
  }),
  fc.record({ kind: fc.constant('hide-keys' as const), rows: positions, keys: positions }),
  fc.record({
    kind: fc.constant('temper' as const),
    rows: positions,
    temperature: fc.double({ min: 0.01, max: 9, noNaN: true }),
  }),
  fc.record({ kind: fc.constant('uniform' as const), rows: positions }),
  fc.record({
    kind: fc.constant('calibrate' as const),
    rows: positions,
    keys: fc.uniqueArray(fc.nat(TOKENS - 1)).map((keys) => Int32Array.from(keys).sort()),
    beta: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('sigmoid' as const),
    rows: positions,
    bias: fc.constantFrom('none' as const, 'log-visible' as const),
  }),
);
const again = (layers: { patterns?: ReadonlyMap<number, readonly HeadStep[]> }[]) =>
  parsePatterns(JSON.stringify(storedPatterns(layers)), layers.length, 4);

describe('stored patterns', () => {
  it('are read back as they were', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), fc.nat(3), (steps, head) => {
        const patterns = new Map([[head, steps]]);
        const stored = again([{}, { patterns }]);
        expect(headSteps(stored, 2, TOKENS)).toEqual([new Map(), patterns]);
        expect(isUntold(stored, { layer: 1, head })).toBe(false);
      }),
    );
  });

  it('say which heads they do not tell', () => {
    const donor = { queries: () => new Float32Array(0), keys: () => new Float32Array(0), tokens: 1, partners: null };
    const values: HeadStep = { kind: 'zero-values', rows: null, keys: null };
    const taken: HeadStep = { kind: 'donor', rows: null, donor };
    const uniform: HeadStep = { kind: 'uniform', rows: null };
    const patterns = new Map([
      [0, [values]],
      [1, [values, uniform]],
      [2, [taken, uniform]],
    ]);
    const stored = again([{ patterns }]);
    expect(headSteps(stored, 1, TOKENS)[0]).toEqual(
      new Map([
        [0, [values]],
        [1, [values, uniform]],
      ]),
    );
    expect([0, 1, 2].map((head) => isUntold(stored, { layer: 0, head }))).toEqual([false, false, true]);
  });

  it('are refused with a sentence where they are none', () => {
    const uniform = { layer: 0, head: 0, steps: [{ kind: 'uniform', rows: null }] };
    const bad = [
      'x',
      '{}',
      JSON.stringify([{ ...uniform, layer: 2 }]),
      JSON.stringify([{ ...uniform, head: 4 }]),
      JSON.stringify([uniform, uniform]),
      JSON.stringify([{ ...uniform, steps: [{ kind: 'uniform', rows: [[0, 1e9]] }] }]),
      JSON.stringify([{ ...uniform, steps: [{ kind: 'temper', rows: null, temperature: 0 }] }]),
      JSON.stringify([{ ...uniform, steps: [{ kind: 'other', rows: null }] }]),
    ];
    for (const text of bad) {
      expect(() => parsePatterns(text, 2, 4)).toThrow(expect.objectContaining({ code: 'session-invalid' }) as Error);
    }
    expect(parsePatterns(JSON.stringify([uniform]), 2, 4)).toEqual([uniform]);
  });
});
