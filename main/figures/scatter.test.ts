/** Heads without a value are not drawn anywhere. */
import { expect, it } from 'vitest';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { renderBytes } from './testing/render.ts';

const plain = fakeSource({ tokens: 8, layers: 1, heads: 4, kvHeads: 4 });
const values = [0.25, NaN, 0.5, 1];
const source = {
  ...plain,
  scores: [{ key: 'file-1:gates', origin: 'gates.tsv, DuoAttention gate', table: makeScoreTable('gates', values) }],
};

it('a scatter has a dot for every head with both values, and says of the others', async () => {
  const recipe = { view: 'scatter', x: 'entropy', y: 'file-1:gates', names: 0 };
  const svg = (await renderBytes(recipe, 'svg', source)).bytes.toString('utf8');
  const dots = /<g class="heads">(.*?)<\/g>/s.exec(svg)?.[1] ?? '';
  expect(dots.match(/<rect/g)).toHaveLength(3);
  expect(svg).not.toContain('NaN');
  expect(svg.replaceAll(/\s+/g, ' ')).toContain('1 head without a value');
  expect((await renderBytes(recipe, 'svg', source)).notes).toEqual([
    '1 head without a value in one of the scores: not drawn.',
  ]);
  const csv = (await renderBytes(recipe, 'csv', source)).bytes.toString('utf8');
  expect(csv.trim().split(/\r?\n/)[2]).toMatch(/^0,1,[\d.]+,$/);
});

it('a histogram counts every head that has a value, once', async () => {
  const recipe = { view: 'histogram', score: 'file-1:gates', bins: 4, threshold: 0.5 };
  const csv = (await renderBytes(recipe, 'csv', source)).bytes.toString('utf8');
  const counts = csv
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => Number(line.split(',').at(-1)));
  expect(counts).toEqual([0, 1, 1, 1]);
  const svg = (await renderBytes(recipe, 'svg', source)).bytes.toString('utf8').replaceAll(/\s+/g, ' ');
  expect(svg).toContain('From gates.tsv, DuoAttention gate.');
  expect(svg).toContain('2 of 4 heads reach 0.500.');
});
