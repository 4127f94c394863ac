import { describe, expect, it } from 'vitest';
import type { Intervention } from '../../shared/model/intervention.ts';
import { checkInterventions } from './check.ts';

const MODEL = { layers: 2, heads: 4, kvHeads: 2, headDim: 8, dModel: 16, vocabSize: 50, context: 32 };
const where = { layer: 0, head: 1 };
const check =
  (...list: readonly Intervention[]) =>
  () =>
    checkInterventions(MODEL, list);

describe('checkInterventions', () => {
  it('lets pass what can be done, and anything that is off', () => {
    expect(
      check(
        { what: 'zero', where },
        { what: 'scale', where: { layer: 1 }, parameters: { factor: -1 } },
        { what: 'drop-keys', where: { layer: 1, kvHead: 1 }, keys: [{ start: 0, end: 4 }] },
        { what: 'patch', where, source: { prompts: [[1, 2, 49]] } },
        { what: 'residual', where: { layer: 1 }, parameters: { dimension: 15 } },
        { what: 'zero', where: { layer: 9, head: 9 }, off: true },
      ),
    ).not.toThrow();
  });

  it.each<[string, Intervention, RegExp]>([
    ['a layer', { what: 'zero', where: { layer: 2, head: 0 } }, /there is no L2H0/],
    ['a head', { what: 'zero', where: { layer: 1, head: 4 } }, /there is no L1H4/],
    ['a group', { what: 'zero', where: { layer: 1, kvHead: 2 } }, /there is no L1KV2/],
    ['a place that is not of the kind', { what: 'residual', where }, /cannot be done to query heads/],
    ['a parameter', { what: 'zero', where, parameters: { factor: 2 } }, /has no parameter factor/],
    ['a number', { what: 'temperature', where, parameters: { temperature: 0 } }, /Temperature cannot be 0/],
    ['a fraction', { what: 'window', where, parameters: { window: 2.5 } }, /cannot be 2.5/],
    ['a choice', { what: 'mean', where, parameters: { by: 'weekday' } }, /cannot be weekday/],
    ['keys', { what: 'zero', where, keys: [{ start: 0, end: 1 }] }, /names no keys/],
    ['a source', { what: 'zero', where, source: { prompts: [[1]] } }, /reads no other prompts/],
    ['no source', { what: 'patch', where }, /needs another prompt/],
    ['two sources', { what: 'patch', where, source: { prompts: [[1], [2]] } }, /one other prompt, but 2/],
    ['a token', { what: 'patch', where, source: { prompts: [[50]] } }, /no token 50/],
    ['a length', { what: 'patch', where, source: { prompts: [Array.from({ length: 33 }, () => 1)] } }, /has 33 tokens/],
    ['a dimension', { what: 'residual', where: { layer: 0 }, parameters: { dimension: 16 } }, /no dimension 16/],
  ])('refuses %s that does not fit', (_, entry, message) => {
    expect(check(entry)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    expect(check(entry)).toThrow(message);
  });

  it('refuses what redistributes weights after a sigmoid on the same head, unless something replaces it between', () => {
    const sigmoid: Intervention = { what: 'sigmoid', where };
    for (const what of ['temperature', 'calibrate'] as const) {
      expect(check(sigmoid, { what, where: { layer: 0 } })).toThrow(/after Sigmoid/);
      expect(check({ what, where }, sigmoid)).not.toThrow();
      expect(check(sigmoid, { what, where: { layer: 0, head: 2 } })).not.toThrow();
      expect(check(sigmoid, { what: 'freeze', where }, { what, where })).not.toThrow();
    }
  });
});
