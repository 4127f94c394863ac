import { expect, it } from 'vitest';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { compareCsv } from './compare-csv.ts';
import { compareScores } from '../../shared/view/atlas/compare-scores.ts';
import type { Result } from './describe-result.ts';

const result: Result = {
  modelId: 'm',
  model: 'M',
  layers: 2,
  heads: 1,
  kvHeads: 1,
  source: { kind: 'text', text: 'One\ntwo', bos: false },
  tokens: 2,
  interventions: '',
};

it('has a line a head with all digits, an empty field for no value, and says what it is of', () => {
  const compared = compareScores(makeScoreTable('x', [1 / 3, 1]), makeScoreTable('x', [0, NaN]), result, result)!;
  const b = { ...result, interventions: 'L0H0=zero' };
  expect(compareCsv({ name: 'X', unit: 'nats', compared, a: result, b, remarks: ['Mind this.'] })).toBe(
    [
      '# X, nats',
      '# A: M, 2 tokens of “One two”',
      '# B: M, 2 tokens of “One two”, L0H0=zero',
      '# Mind this.',
      'layer,head,a,b,difference',
      '0,0,0.3333333333333333,0,0.3333333333333333',
      '1,0,1,,',
      '',
    ].join('\n'),
  );
});
