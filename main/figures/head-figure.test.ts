/** The figure of a head says every score of it once, with its rank. */
import { expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { makeScoreInfo, makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { parseRecipe } from '../../shared/figure/recipe.ts';
import type { Ask, FigureSource } from '../../shared/figure/source.ts';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { loadRecipe } from '../../shared/figure/views/index.ts';
import { renderBytes, testFonts as fonts } from './testing/render.ts';

const source = fakeSource({ tokens: 40, layers: 2, heads: 2, kvHeads: 1 });

function load(from: FigureSource) {
  return loadRecipe(parseRecipe({ view: 'head', head: { layer: 1, head: 0 } }), {
    source: from,
    signal: new AbortController().signal,
    measure: fonts.measure,
    pixelsPerPoint: 1,
    mostTexels: Infinity,
    progress: () => undefined,
  });
}

/** A run that has other answers for scores that are asked for by name. */
function answering(further: () => Promise<unknown>): FigureSource {
  const infos = [
    makeScoreInfo('streaming', { cost: 'pass' }),
    makeScoreInfo('retrieval', { data: 'needle', cost: 'forwards' }),
    makeScoreInfo('ov-copying', { data: 'weights', cost: 'weights' }),
  ];
  const ask = (async (method, params) => {
    if (method === 'score.list') return { scores: infos };
    if (method === 'run.scores' && 'scores' in params) {
      expect(params.scores).toEqual(['streaming']);
      return further();
    }
    return source.ask(method, params);
  }) as Ask;
  const brought = {
    key: 'probe-1:retrieval',
    origin: 'Needle, 20 prompts',
    table: makeScoreTable('retrieval', [0, 3, 2, 1]),
  };
  return { ...source, ask, scores: [brought] };
}

it('ranks what the prompt gives and what was brought along', async () => {
  const streaming = { ...makeScoreTable('streaming', [0.1, 0.4, 0.3, NaN]), floor: 0.25 };
  const none = makeScoreTable('induction', null);
  const figure = await load(answering(() => Promise.resolve({ scores: [streaming, none] })));
  const { sheet } = await figure.table();
  expect([...sheet.rows]).toEqual([
    ['streaming', 0.3, 2, 0.25, streaming.info.unit],
    ['probe-1:retrieval', 2, 2, NaN, 'probability'],
  ]);
  expect(figure.notes).toEqual([]);
});

it('of a stored run has the scores that it holds, and says what it lacks', async () => {
  const notStored = () => Promise.reject(new AppError('not-stored', 'The session does not hold them.'));
  const figure = await load(answering(notStored));
  const { sheet } = await figure.table();
  const { scores } = await source.ask('run.scores', { runId: 'clean' });
  const quick = scores.filter(({ values }) => values).map(({ info }) => info.id);
  expect([...sheet.rows].map(([key]) => key)).toEqual([...quick, 'probe-1:retrieval']);
  expect(figure.notes).toEqual([expect.stringContaining('Scores that are computed on demand')]);
});

it('names both axes of the distances, in as many letters as there is room for', async () => {
  const axes = (recipe: object) =>
    renderBytes({ view: 'head', head: { layer: 1, head: 0 }, ...recipe }, 'svg', source).then(({ bytes }) =>
      [...bytes.toString().matchAll(/>(share[^<]*|distance, [^<]*)</g)].map(([, name]) => name),
    );
  expect(await axes({ widthMm: 180 })).toEqual(['share of the mass', 'distance, tokens']);
  expect(await axes({ widthMm: 180, heightMm: 45 })).toEqual(['share', 'distance, tokens']);
});
