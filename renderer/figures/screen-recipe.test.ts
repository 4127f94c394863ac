import { describe, expect, it } from 'vitest';
import { figureRecipeSchema, type FigureViewId } from '../../shared/figure/recipe.ts';
import { decodeRecord, labRecord, labTaskRecord } from '../../shared/view/lab/testing/records.ts';
import type { ComparedFigure } from '../compare-runs/compared-figure.ts';
import { addToComparison, foldTokens, pinToken, setDifference, setFilter, toggleAblation } from '../state/edits.ts';
import { DataCache } from '../engine/data-cache.ts';
import { decodeKey, labKey, labTaskKey } from '../lab/lab-keys.ts';
import { packedLab } from '../session-file/stored-lab.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { possibleFigures, screenRecipe } from './screen-recipe.ts';

const HEAD = { layer: 2, head: 5 };

async function started() {
  const app = startSession();
  await app.rest();
  patch(app.store, 'edit', { head: HEAD });
  return app;
}

describe('what is on screen as recipes', () => {
  it('offers nothing before a run, and what there is after it', async () => {
    const { store, rest, session } = await started();
    expect(possibleFigures({ ...store.getState(), run: { ...store.getState().run, clean: undefined } })).toEqual([]);
    expect(possibleFigures(store.getState())).toEqual([
      'map',
      'atlas',
      'maps',
      'ranked',
      'scatter',
      'histogram',
      'head',
      'distance',
      'strip',
      'sinks',
      'next',
    ]);
    toggleAblation(store, HEAD);
    addToComparison(store, HEAD);
    await rest();
    await session.generate();
    await rest();
    expect(possibleFigures(store.getState())[0]).toBe('compare');
    expect(possibleFigures(store.getState())).toEqual(expect.arrayContaining(['effect', 'generation']));
  });

  it('begin with the head while its page is open', async () => {
    const { store } = await started();
    patch(store, 'view', { centre: 'head' });
    const state = store.getState();
    expect(possibleFigures(state).slice(0, 2)).toEqual(['head', 'map']);
    expect(possibleFigures(state).filter((view) => view === 'head')).toHaveLength(1);
    expect(screenRecipe('head', state)).toMatchObject({ run: 'clean', head: state.edit.head });
  });

  it('begin with A and B while these are compared, and have them where both have the score', async () => {
    const { store } = await started();
    const side = { model: 'm', text: '', layers: 1, heads: 1, kvHeads: 1, values: [1] };
    const score = { id: 's', name: 'S', unit: '', definition: '', badge: 'exact' as const };
    const compared: ComparedFigure = { score: { ...score, domain: [0, 1] }, a: side, b: side };
    expect(possibleFigures(store.getState())).not.toContain('results');
    expect(possibleFigures(store.getState(), true).at(-1)).toBe('results');
    patch(store, 'view', { centre: 'scores' });
    patch(store, 'reference', { shown: true });
    expect(possibleFigures(store.getState(), true).slice(0, 2)).toEqual(['results', 'map']);
    expect(screenRecipe('results', store.getState())).toBeUndefined();
    expect(screenRecipe('results', store.getState(), compared)).toMatchObject({ ...compared, selected: HEAD });
  });

  it('begin with the sinks while these are looked at', async () => {
    const { store } = await started();
    patch(store, 'view', { dockTab: 'sinks', sinkThreshold: 0.2 });
    pinToken(store, 1);
    const state = store.getState();
    expect(possibleFigures(state).slice(0, 2)).toEqual(['sinks', 'map']);
    expect(possibleFigures(state).filter((view) => view === 'sinks')).toHaveLength(1);
    expect(screenRecipe('sinks', state)).toMatchObject({ run: 'clean', threshold: 0.2, position: 1 });
  });

  it('are recipes, every one, with what is set on screen', async () => {
    const { store, rest, session } = await started();
    toggleAblation(store, HEAD);
    addToComparison(store, HEAD);
    setDifference(store, { of: HEAD, minus: 'clean' });
    foldTokens(store, 1, 3, 'the start');
    patch(store, 'view', { value: 'lift', reducer: 'mean', gamma: 0.5, shown: 'changed' });
    patch(store, 'figure', { widthMm: 85, title: 'Mine' });
    await rest();
    await session.generate();
    await rest();
    const state = store.getState();
    const possible = possibleFigures(state);
    for (const view of possible) {
      const recipe = figureRecipeSchema.parse(screenRecipe(view, state));
      expect(recipe).toMatchObject({ view, widthMm: 85, title: 'Mine' });
    }
    expect(screenRecipe('map', state)).toMatchObject({
      run: 'changed',
      head: HEAD,
      value: 'lift',
      reducer: 'mean',
      gamma: 0.5,
      folds: [{ start: 1, end: 3, name: 'the start' }],
      region: null,
    });
    expect(screenRecipe('compare', state)).toMatchObject({
      maps: [
        { run: 'changed', head: HEAD, minus: null },
        { run: 'changed', head: HEAD, minus: { run: 'clean', head: HEAD } },
      ],
    });
  });

  it('name scores by their keys, with parameters and threshold', async () => {
    const { store } = await started();
    patch(store, 'view', { scoreId: 'probe-1:induction', sortBy: undefined });
    patch(store, 'scores', {
      parameters: { streaming: { sink: 8 }, entropy: {} },
      columns: ['entropy', 'streaming'],
      scatter: { x: 'streaming', y: undefined },
    });
    setFilter(store, { threshold: { score: 'probe-1:induction', value: 0.4 } });
    const state = store.getState();
    const parameters = { streaming: { sink: 8 } };
    expect(screenRecipe('atlas', state)).toMatchObject({ score: 'probe-1:induction', parameters });
    expect(screenRecipe('ranked', state)).toMatchObject({
      sortBy: 'probe-1:induction',
      scores: ['entropy', 'streaming'],
      parameters,
    });
    expect(screenRecipe('scatter', state)).toMatchObject({ x: 'streaming', y: 'probe-1:induction', selected: HEAD });
    expect(screenRecipe('histogram', state)).toMatchObject({ score: 'probe-1:induction', threshold: 0.4 });
  });

  it('draws whole cells of what is in sight', async () => {
    const { store } = await started();
    const tokens = store.getState().run.clean!.tokens;
    patch(store, 'view', { place: { tokens, query: 2.5, key: 0, cellPx: 30, rows: 4, keys: 3.2 } });
    patch(store, 'figure', { area: 'sight' });
    expect(screenRecipe('map', store.getState())).toMatchObject({
      region: { rowStart: 2, rowEnd: 7, keyStart: 0, keyEnd: 4 },
    });
    patch(store, 'figure', { area: 'rectangle' });
    expect(screenRecipe('map', store.getState())).toMatchObject({ region: null });
  });

  it('begin with what the method lab shows, and have the rest of it where there are results', async () => {
    const { store } = await started();
    const cache = new DataCache();
    cache.set(labKey('a'), { status: 'ready', value: labRecord() });
    cache.set(labTaskKey('b'), { status: 'ready', value: labTaskRecord() });
    cache.set(decodeKey('c'), { status: 'ready', value: decodeRecord() });
    expect(possibleFigures(store.getState(), false, packedLab(store.getState(), cache))).not.toContain('methods');
    patch(store, 'lab', { result: 'a', taskResult: 'b', row: 4, query: 20 });
    patch(store, 'decode', { result: 'c' });
    const lab = packedLab(store.getState(), cache);
    const drawn = ['methods', 'method-table', 'kept', 'allocation', 'ribbon', 'method-maps', 'accuracy', 'decode'];
    expect(possibleFigures(store.getState(), false, lab).slice(-drawn.length)).toEqual(drawn);
    const first = { compare: 'methods', maps: 'method-maps', kept: 'kept', task: 'accuracy' } as const;
    patch(store, 'view', { centre: 'lab' });
    for (const shown of ['compare', 'maps', 'kept', 'task'] as const) {
      patch(store, 'lab', { shown });
      const possible = possibleFigures(store.getState(), false, lab);
      expect(possible[0]).toBe(first[shown]);
      expect(new Set(possible).size).toBe(possible.length);
    }
    patch(store, 'view', { centre: 'decode' });
    const state = store.getState();
    expect(possibleFigures(state, false, lab)[0]).toBe('decode');
    const recipeOf = (view: FigureViewId) =>
      figureRecipeSchema.parse(screenRecipe(view, state, undefined, state.figure, {}, lab));
    for (const view of possibleFigures(state, false, lab)) expect(recipeOf(view)).toMatchObject({ view });
    expect(recipeOf('methods')).toMatchObject({ measure: 'outputErrorWO', cost: 'read', log: false });
    expect(recipeOf('accuracy')).toMatchObject({ measure: 'accuracy', cost: 'read' });
    expect(recipeOf('ribbon')).toMatchObject({ row: 4, head: HEAD, query: 20 });
    // Those of one budget are comparable; that of the row that is looked at comes first.
    expect(recipeOf('allocation')).toMatchObject({ rows: [4, 1, 7] });
    expect(recipeOf('method-maps')).toMatchObject({ maps: [{ row: null }, { row: 0 }, { row: 3 }, { row: 6 }] });
  });

  it('is none of what is not on screen', async () => {
    const { store } = await started();
    expect(screenRecipe('effect', store.getState())).toBeUndefined();
  });
});
