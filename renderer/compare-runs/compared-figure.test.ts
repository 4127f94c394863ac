// @vitest-environment node
import { expect, it } from 'vitest';
import { parseRecipe } from '../../shared/figure/recipe.ts';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import type { ScoreEntry } from '../scores/score-entries.ts';
import { comparedFigure } from './compared-figure.ts';
import type { Result } from './describe-result.ts';

const a: Result = {
  modelId: 'm',
  model: 'one',
  layers: 1,
  heads: 2,
  kvHeads: 1,
  source: { kind: 'text', text: 'abc', bos: true },
  tokens: 3,
  interventions: 'L0H1=zero',
};
const window = { id: 'window', name: 'Window', meaning: '', default: 8, min: 1, max: 99, integer: true };

function pair(ofA: number, ofB: number) {
  const table = (value: number, values: number[]) => ({
    ...makeScoreTable('local', values, { name: 'Local mass', unit: 'share', parameters: [window] }),
    parameters: { window: value },
  });
  const own = table(ofA, [0.1 + 0.2, NaN]);
  const origin = undefined;
  const entry: ScoreEntry = {
    key: 'local',
    info: own.info,
    origin,
    status: 'ready',
    table: own,
    reason: undefined,
    how: undefined,
  };
  return { entry, table: table(ofB, [1, 2]) };
}

it('carries the numbers of both to the last bit, with what tells the results apart', () => {
  const figure = comparedFigure(pair(8, 8), a, { ...a, model: 'two', interventions: '' });
  const recipe = parseRecipe(JSON.parse(JSON.stringify({ view: 'results', ...figure })));
  expect(recipe).toMatchObject({
    score: { id: 'local', name: 'Local mass', unit: 'share', domain: [0, 1] },
    a: { model: 'one', values: [0.1 + 0.2, null], changed: [{ layer: 0, head: 1 }] },
    b: { model: 'two', values: [1, 2], changed: [] },
  });
  expect(figure.a.text).toBe('3 tokens of “abc”, L0H1=zero');
  expect(figure.remarks![0]).toBe('With Window 8.');
});

it('says of parameters that differ that they do', () => {
  const { remarks } = comparedFigure(pair(8, 16), a, a);
  expect(remarks!.filter((remark) => remark.includes('Window'))).toEqual([
    'Window: 8 in A, 16 in B. The scores differ by what they measure as well.',
  ]);
});
