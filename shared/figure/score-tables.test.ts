import { describe, expect, it } from 'vitest';
import type { MethodName, ParamsOf } from '../contract/methods.ts';
import { makeScoreInfo, makeScoreTable } from '../model/testing/score-table.ts';
import { findScores, quickScores, scoreSentence } from './score-tables.ts';
import type { FigureSource } from './source.ts';
import { fakeSource } from './testing/fake-source.ts';

const plain = fakeSource({ tokens: 8, layers: 1, heads: 2, kvHeads: 1 });
const run = plain.runs.clean!;
const sink = { id: 'sink', name: 'Sink keys', meaning: '', default: 4, min: 0, max: 1000, integer: true };
const asked: unknown[] = [];
const source: FigureSource = {
  ...plain,
  scores: [{ key: 'probe-1:induction', origin: 'Repeat, 4 prompts', table: makeScoreTable('induction', [0.5, 1]) }],
  ask: ((method: MethodName, params: ParamsOf<'run.scores'>) => {
    if (method === 'score.list') {
      const scores = [makeScoreInfo('streaming', { cost: 'pass' }), makeScoreInfo('ov-copying', { cost: 'weights' })];
      return Promise.resolve({ scores });
    }
    const [id] = params.scores ?? [];
    if (id !== undefined) {
      asked.push([method, id, params.scoreParameters?.[id]]);
      const table = {
        ...makeScoreTable(id, [1, 2], { parameters: [sink] }),
        parameters: params.scoreParameters?.[id] ?? {},
      };
      return Promise.resolve({ scores: [table] });
    }
    const scores = [makeScoreTable('entropy', [1, 2]), makeScoreTable('duplicate', null)];
    return Promise.resolve({ scores });
  }) as FigureSource['ask'],
};
const find = (...keys: string[]) => findScores(source, run, keys, { streaming: { sink: 8 } });

describe('the scores of a figure', () => {
  it('come from the run, from what costs more, from the weights, or are brought along', async () => {
    const found = await find('entropy', 'probe-1:induction', 'streaming', 'ov-copying');
    expect(found.map(({ key, values }) => [key, [...values]])).toEqual([
      ['entropy', [1, 2]],
      ['probe-1:induction', [0.5, 1]],
      ['streaming', [1, 2]],
      ['ov-copying', [1, 2]],
    ]);
    expect(asked).toEqual([
      ['run.scores', 'streaming', { sink: 8 }],
      ['model.scores', 'ov-copying', {}],
    ]);
    const sentences = found.map(scoreSentence);
    expect(sentences[1]).toContain('From Repeat, 4 prompts.');
    expect(sentences[2]).toContain('With Sink keys 8.');
  });

  it('without values are left out where all are meant, and refused where they are named', async () => {
    expect((await quickScores(source, run)).map(({ key }) => key)).toEqual(['entropy']);
    await expect(find('duplicate')).rejects.toThrow('duplicate has no values here. Needs more tokens.');
    await expect(find('probe-2:induction')).rejects.toThrow('There is no score “probe-2:induction”');
  });

  it('of another model are refused', async () => {
    const other = [{ key: 'file-1:x', origin: 'x', table: makeScoreTable('x', [1, 2, 3]) }];
    await expect(findScores({ ...source, scores: other }, run, ['file-1:x'], {})).rejects.toThrow('no values');
  });
});
