import { describe, expect, it } from 'vitest';
import { defaultRecipe } from './default-recipe.ts';
import { FIGURE_VIEWS, parseRecipe } from './recipe.ts';
import { sessionContext } from './session-context.ts';
import { pack } from '../session/packed.ts';
import { promptNameOf } from '../session/prompt-name.ts';
import type { StoredEffects } from '../session/stored-effects.ts';
import type { StoredDecode, StoredLabResult, StoredLabTask } from '../session/stored-lab.ts';
import {
  curveRecord,
  doseRecord,
  greedyRecord,
  importanceRecord,
  keysRecord,
  patchingRecord,
  pathsRecord,
  randomRecord,
} from '../view/effects/testing/records.ts';
import { decodeRecord, labRecord, labTaskRecord } from '../view/lab/testing/records.ts';

const head = { layer: 1, head: 2 };
const generation = [{ run: 'clean' as const, tokens: [{ id: 1, display: 'a', text: 'a', prob: 1, top: [] }] }];

const result = { model: 'm', text: '', layers: 1, heads: 1, kvHeads: 1, values: [1] };
const effects = pack({
  curve: curveRecord(),
  dose: doseRecord(),
  greedy: greedyRecord(),
  random: randomRecord(),
  patching: patchingRecord(),
  paths: pathsRecord(),
  keys: keysRecord({ deviation: [0.5, NaN, 2], logit: [-3, 1, 0] }),
  importance: importanceRecord(),
}) as Partial<StoredEffects>;
const lab = {
  result: pack(labRecord()) as StoredLabResult,
  task: pack(labTaskRecord()) as StoredLabTask,
  decode: pack(decodeRecord()) as StoredDecode,
};
const score = { id: 's', name: 'S', unit: '', definition: '', badge: 'exact', domain: [0, 1] } as const;
const results = { score: { ...score, domain: [0, 1] as [number, number] }, a: result, b: result };

describe('the recipe that a dialog begins with', () => {
  it.each(FIGURE_VIEWS)('is one of the view %s, two columns wide on white', (view) => {
    const recipe = defaultRecipe(view, { head, generation, results, effects, lab });
    expect(recipe).toMatchObject({ view, version: 1, widthMm: 180, fontPt: 7, theme: 'light', dpi: 300, title: null });
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it('is refused where there is no result to draw', () => {
    expect(() => defaultRecipe('curve', { head })).toThrow('no result of the view curve');
    expect(() => defaultRecipe('methods', { head })).toThrow('no result of the view methods');
  });

  it('takes what is on screen', () => {
    const map = { reducer: 'mean', gamma: 0.7, sinks: 'found' } as const;
    expect(defaultRecipe('map', { head, run: 'changed', map })).toMatchObject({ head, run: 'changed', ...map });
    expect(defaultRecipe('compare', { head, map })).toMatchObject({ reducer: 'mean', maps: [{ head, minus: null }] });
    expect(defaultRecipe('strip', { head, token: 3, colour: 'incoming' })).toMatchObject({
      token: 3,
      colour: 'incoming',
    });
    expect(defaultRecipe('ranked', { head, score: 'sink' })).toMatchObject({ sortBy: 'sink' });
  });
});

describe('what a session says of the method lab', () => {
  const slice = (data: unknown) => ({ version: 1, data });
  const settings = {
    entries: [],
    budgets: [],
    questionStart: null,
    answer: '',
    question: 'seen',
    fidelity: 'F1',
    maxTokens: 4,
    cost: 'read',
    measure: 'recall',
    logCost: true,
    task: { task: 'needle', lengths: [], depths: [], samples: 1, seed: 0, questions: ['seen'] },
  };
  const looked = { row: 4, maps: [{ row: 4, value: 'lost' }], query: 20, key: null };
  const data = { shown: 'maps', settings, result: { ...lab.result, runId: 'clean' }, taskResult: lab.task, ...looked };
  const decode = { choice: lab.result.rows[0]!.choice, maxTokens: 4, under: 'dense', step: 0, key: null };
  const state = { lab: slice(data), decode: slice({ ...decode, result: lab.decode }) };

  it('fills recipes with results, what is looked at, and what the engine calls it', () => {
    const traces = new Map([[lab.result.rows[4]!.result!.trace!, 'trace-9']]);
    const context = sessionContext(state, 24, { runs: new Map([['clean', 'session-clean']]), traces });
    expect(defaultRecipe('methods', context)).toMatchObject({ measure: 'recall', cost: 'read', log: true });
    expect(defaultRecipe('ribbon', context)).toMatchObject({ row: 4, query: 20 });
    const maps = defaultRecipe('method-maps', context);
    expect(maps).toMatchObject({ maps: looked.maps, result: { runId: 'session-clean' } });
    const { rows } = (maps as Extract<typeof maps, { view: 'method-maps' }>).result;
    expect([rows[4]!.result!.trace, rows[3]!.result!.trace]).toEqual(['trace-9', lab.result.rows[3]!.result!.trace]);
    expect(defaultRecipe('decode', context)).toMatchObject({ result: lab.decode });
    expect(defaultRecipe('accuracy', context)).toMatchObject({ result: lab.task });
  });
});

describe('what a session says of the screen', () => {
  const source = { kind: 'text', text: 'abc', bos: true };
  const edit = {
    scenarios: [{ id: 's1', name: 'Scenario 1', interventions: [], finalNorm: 'recomputed' }],
    current: 's1',
    compared: null,
    head,
    pinnedToken: 4,
    comparison: { modelId: 'm', heads: [head], difference: { of: head, minus: 'clean' } },
    folds: [
      { of: promptNameOf('abc', 9), start: 1, end: 3, name: 'mine' },
      { of: promptNameOf('other', 9), start: 1, end: 3, name: 'of another prompt' },
    ],
  };
  const view = {
    value: 'lift',
    reducer: 'mean',
    scale: 'log',
    gamma: 1,
    sinkMode: 'renormalise',
    sinkRule: 'chosen',
    sinkKeys: [0, 1],
    shown: 'changed',
    stripColour: 'change',
    scoreId: 'sink',
    sortBy: null,
    atlasCells: 'maps',
    dockTab: 'x',
    brushing: false,
    brush: null,
    place: null,
  };
  const prompt = { text: 'abc', idsText: '', bos: true, mode: 'edit', ran: { source, cut: false } };
  const slice = (data: unknown) => ({ version: 1, data });

  it('fills a recipe: head, run, values, folds of its prompt, maps side by side', () => {
    const context = sessionContext({ edit: slice(edit), view: slice(view), prompt: slice(prompt) }, 9);
    expect(context).toMatchObject({ head, run: 'changed', token: 4, score: 'sink', colour: 'change' });
    expect(context.map).toMatchObject({ value: 'lift', sinks: 'chosen', folds: [{ start: 1, end: 3, name: 'mine' }] });
    expect(context.compared).toEqual([
      { run: 'changed', head, minus: null },
      { run: 'changed', head, minus: { run: 'clean', head } },
    ]);
    expect(defaultRecipe('map', context)).toMatchObject({ value: 'lift', run: 'changed' });
  });

  it('leaves to the defaults what is missing or does not fit', () => {
    expect(sessionContext({}, 9)).toEqual({ head: { layer: 0, head: 0 }, run: 'clean' });
    expect(sessionContext({ edit: slice({ nonsense: true }) }, 9).head).toEqual({ layer: 0, head: 0 });
  });
});
