import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { compareRemarks } from './compare-remarks.ts';
import { describeResult, sameResult, type Result } from './describe-result.ts';

const result = (change: Partial<Result> = {}): Result => ({
  modelId: 'm',
  model: 'M',
  layers: 1,
  heads: 2,
  kvHeads: 1,
  source: { kind: 'text', text: 'The cat', bos: true },
  tokens: 3,
  interventions: '',
  ...change,
});
const table = (change: Partial<ReturnType<typeof makeScoreTable>> = {}) => ({
  ...makeScoreTable('x', [0.5, 1]),
  ...change,
});
const remarks = (a: Partial<Result>, b: Partial<Result>, ta = table(), tb = table()) =>
  compareRemarks({ result: result(a), table: ta }, { result: result(b), table: tb });

describe('remarks on a comparison', () => {
  it('are none where two prompts differ in nothing else', () => {
    expect(remarks({}, { source: { kind: 'text', text: 'A dog', bos: true } })).toEqual([]);
    expect(remarks({ interventions: 'L0H1=zero' }, {})).toEqual([]);
  });

  it('say that nothing is there to differ', () => {
    expect(remarks({}, {})).toEqual(['A and B are the same prompt on the same model with the same interventions.']);
    const weights = { ...makeScoreTable('x', [1, 2], { data: 'weights' }), floor: null };
    expect(remarks({}, { tokens: 9 }, weights, weights)[0]).toMatch(
      /^This score is of the weights, which are the same/,
    );
    expect(remarks({}, { modelId: 'n', tokens: 9 }, weights, weights)).toHaveLength(1);
  });

  it('say why there is no difference, or how heads were paired', () => {
    expect(remarks({}, { modelId: 'n', layers: 2 })[0]).toBe(
      'There is no difference: A has 1 layer of 2 heads, B has 2 layers of 2 heads, so heads have no partner in the other model.',
    );
    expect(remarks({}, { modelId: 'n' })).toEqual([
      'A and B are two models: heads are paired by layer and number, not by what they do.',
    ]);
    expect(remarks({}, { modelId: 'n', kvHeads: 2 })[0]).toContain('A has 1 KV group a layer, B has 2');
  });

  it('name other parameters, floors, numbers of prompts and missing values', () => {
    const spread = (prompts: number) => ({
      prompts,
      deviation: Float64Array.of(0, 0),
      active: Float64Array.of(1, 1),
      low: Float64Array.of(0, 0),
      high: Float64Array.of(1, 1),
    });
    const a = table({ floor: 0.25, parameters: { window: 64 }, spread: spread(10) });
    const b = table({ floor: 0.5, parameters: { window: 256 }, spread: spread(20), values: Float64Array.of(NaN, 1) });
    expect(remarks({}, { tokens: 4 }, a, b)).toEqual([
      'window: 64 in A, 256 in B. The scores differ by what they measure as well.',
      'Means over 10 prompts in A and 20 prompts in B.',
      'Uniform attention gets 0.25 in A and 0.5 in B: compare each with its own floor.',
      '1 head without a value in A or B, and so without a difference.',
    ]);
    expect(remarks({}, { tokens: 4 }, table({ floor: 0.5 }), table({ floor: 0.5 }))).toEqual([
      'Uniform attention gets 0.5 in both.',
    ]);
  });
});

it('describes a result by the beginning of its prompt', () => {
  expect(describeResult(result({ interventions: 'L0H1=zero,L0H0=scale:0.5' }))).toBe(
    '3 tokens of “The cat”, L0H1=zero, L0H0=scale:0.5',
  );
  const [frozen, own] = [
    result({ interventions: 'L0H1=zero', finalNorm: 'frozen' }),
    result({ interventions: 'L0H1=zero' }),
  ];
  expect(describeResult(frozen)).toBe('3 tokens of “The cat”, L0H1=zero, final norm frozen');
  expect([sameResult(frozen, own), sameResult(own, { ...own, finalNorm: 'recomputed' })]).toEqual([false, true]);
  expect(describeResult(result({ finalNorm: 'frozen' }))).toBe('3 tokens of “The cat”');
  expect(describeResult(result({ source: { kind: 'ids', ids: '1,  2' }, tokens: 1 }))).toBe('1 token of ids 1, 2');
  const long = describeResult(result({ source: { kind: 'text', text: '🙂'.repeat(70), bos: true } }));
  expect(long).toBe(`3 tokens of “${'🙂'.repeat(60)}…”`);
});
