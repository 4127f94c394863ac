// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { readState } from '../../shared/session/read-state.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import type { ScoresData } from '../../shared/session/slices/scores.ts';
import { originKey, weightsKey } from '../engine/data-keys.ts';
import { STORED_WEIGHTS } from '../engine/score-choice.ts';
import { setFilter } from '../state/edits.ts';
import { setNote } from '../state/head-notes.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { collectState, contentKey } from './collect.ts';
import { restoreScores } from './restore-scores.ts';

const PATH = '/work/heads.headscope';
const MODEL = { layers: 2, heads: 4, kvHeads: 2 } as const;

async function started() {
  const app = startSession(MODEL);
  await app.rest();
  return app;
}

type App = Awaited<ReturnType<typeof started>>;

/** Scores of every origin, and everything that is chosen of them. */
async function scored(): Promise<App> {
  const app = await started();
  const { store, session, rest } = app;
  patch(store, 'prompt', { text: 'red kite blue drum red kite blue' });
  await session.runPrompt();
  await rest();
  const probe = await session.scores.runProbe({ task: 'repeat', samples: 3, seed: 1 }, 'Repeated tokens');
  const file = await session.scores.importFile({ name: 'gates.tsv', text: '0.1\t0.2\n0.3\t0.4' });
  const detail = {
    kept: 2,
    gate: 'answered right',
    activation: new Float64Array(8).fill(1 / 3),
    attempted: new Float64Array(8).fill(NaN),
    raster: { tokens: 2, hits: Float32Array.from({ length: 16 }, (_, at) => at / 7) },
  };
  const { tables } = app.cache.value(originKey(probe!.id))!;
  app.cache.set(originKey(probe!.id), { status: 'ready', value: { tables, retrieval: detail } });
  patch(store, 'scores', {
    weights: true,
    further: true,
    parameters: { streaming: { sink: 8 }, 'sink-cosine': {} },
    glyphs: ['induction', `${probe!.id}:induction`],
    columns: ['sink', `${file!.id}:duo-attention`],
    scatter: { x: 'sink', y: undefined },
  });
  patch(store, 'view', { centre: 'scores', sinkThreshold: 0.2 });
  setFilter(store, {
    layers: [0, 1],
    kinds: ['induction'],
    threshold: { score: 'sink', value: 0.25 },
    brushed: [1, 5],
  });
  setNote(store, store.getState().model.info!.modelId, { layer: 1, head: 2 }, 'Copies.');
  await rest();
  return app;
}

/** What was saved, through the text and the schemas of a file. */
function savedState(app: App): SessionState {
  const { state } = app.host.engine.sessions.saved.get(PATH)!.content;
  const { known, warnings } = readState(JSON.parse(JSON.stringify(state)));
  expect(warnings).toEqual([]);
  return known;
}

async function reopened(from: App, state: SessionState): Promise<App> {
  const app = await started();
  const saved = from.host.engine.sessions.saved.get(PATH)!;
  app.host.engine.sessions.saved.set(PATH, { ...saved, content: { ...saved.content, state } });
  await app.session.files.open(PATH);
  await app.rest();
  return app;
}

const originsOf = ({ store, cache }: App) =>
  store
    .getState()
    .scores.origins.map((origin) => [{ ...origin, probeId: undefined }, cache.value(originKey(origin.id))]);

describe('scores in a session', () => {
  it('come back with every bit, and what was chosen of them', async () => {
    const own = await scored();
    const before = collectState(own.store.getState(), own.cache, own.layout.layout());
    await own.session.files.save(PATH);
    const other = await reopened(own, savedState(own));
    expect(originsOf(other)).toEqual(originsOf(own));
    expect(originsOf(other)).toHaveLength(2);
    const { scores, edit, view, headPage, file } = other.store.getState();
    expect(scores).toMatchObject({ weights: true, further: true, parameters: { streaming: { sink: 8 } } });
    expect(edit.filter).toEqual(own.store.getState().edit.filter);
    expect(view).toMatchObject({ centre: 'scores', sinkThreshold: 0.2 });
    expect(headPage.notes).toEqual(own.store.getState().headPage.notes);
    expect(file).toMatchObject({ dirty: false, warnings: [] });
    expect(collectState(other.store.getState(), other.cache, other.layout.layout())).toEqual(before);
  });

  it('ask for the tables of the run that have the parameters on screen', async () => {
    const own = await scored();
    await own.session.files.save(PATH);
    const [clean] = own.host.engine.sessions.saved.get(PATH)!.content.runs;
    expect(clean!.choice.scoreParameters).toEqual({ streaming: { sink: 8 } });
  });

  it('ask for the report on sinks where it was looked at', async () => {
    const own = await scored();
    const kept = async () => {
      await own.session.files.save(PATH, true);
      return own.host.engine.sessions.saved.get(PATH)!.content.runs[0]!.choice.sinkThreshold;
    };
    expect(await kept()).toBeUndefined();
    patch(own.store, 'view', { dockTab: 'sinks' });
    await own.rest();
    expect(await kept()).toBe(0.2);
  });

  it('of the weights can be looked at before the model is open', async () => {
    const own = await scored();
    await own.session.files.save(PATH);
    const other = await started();
    const { modelId } = other.store.getState().model.info!;
    const restored = restoreScores(savedState(own), other.store.getState().model.info, other.store.getState());
    const live = [...weightsOf(own)];
    expect(live.length).toBeGreaterThan(0);
    expect(restored.weights).toEqual(live);
    const opened = await reopened(own, savedState(own));
    expect(opened.cache.value(weightsKey(modelId, STORED_WEIGHTS))).toEqual(live);
  });

  it('are unsaved work, and so are notes on heads', async () => {
    const own = await scored();
    expect(own.session.files.isDirty).toBe(true);
    const key = contentKey(own.store.getState());
    setNote(own.store, own.store.getState().model.info!.modelId, { layer: 0, head: 0 }, 'Rests.');
    expect(contentKey(own.store.getState())).not.toBe(key);
  });

  it('of the session before are gone with a session that has none', async () => {
    const own = await scored();
    const [origin] = own.store.getState().scores.origins;
    await own.session.files.save(PATH);
    const rest = Object.fromEntries(Object.entries(savedState(own)).filter(([id]) => id !== 'scores'));
    const saved = own.host.engine.sessions.saved.get(PATH)!;
    own.host.engine.sessions.saved.set(PATH, { ...saved, content: { ...saved.content, state: rest } });
    await own.session.files.open(PATH);
    await own.rest();
    const { scores, headPage, edit } = own.store.getState();
    expect(scores.origins).toEqual([]);
    expect(headPage.notes).toEqual({});
    expect(edit.filter.threshold).toBeUndefined();
    expect(own.cache.value(originKey(origin!.id))).toBeUndefined();
  });
});

describe('scores of a damaged or hostile file', () => {
  const damaged = async (change: (data: ScoresData) => void) => {
    const own = await scored();
    await own.session.files.save(PATH);
    const state = savedState(own);
    change(state['scores']!.data as ScoresData);
    return reopened(own, state);
  };

  it.each<[string, (data: ScoresData) => void]>([
    ['another model', (data) => (data.origins[0]!.modelId = 'other')],
    ['other heads', (data) => (data.origins[0]!.tables[0]!.values = 'AAAAAAAA8D8=')],
    ['a raster of other heads', (data) => (data.origins[0]!.retrieval!.hits = 'AAAAAA==')],
    ['one score twice', (data) => data.origins[0]!.tables.push(data.origins[0]!.tables[0]!)],
  ])('are left out with a warning where they are of %s', async (_what, change) => {
    const { store } = await damaged(change);
    const { scores, file, headPage } = store.getState();
    expect(scores.origins.map(({ kind }) => kind)).toEqual(['file']);
    expect(file.warnings).toEqual(['The scores of “Repeated tokens” do not fit the model and were left out.']);
    expect(Object.keys(headPage.notes)).toHaveLength(1);
  });

  it('are left out where those of the weights do not fit', async () => {
    const { store } = await damaged((data) => (data.weightTables!.tables[0]!.values = ''));
    expect(store.getState().file.warnings).toEqual([
      'The scores of the weights do not fit the model and were left out.',
    ]);
  });

  it.each<[string, (data: ScoresData) => void]>([
    ['two sets of one id', (data) => (data.origins[1]!.id = data.origins[0]!.id)],
    ['an id that is no key', (data) => (data.origins[0]!.id = 'probe-1:x')],
    ['values that are no text', (data) => ((data.origins[0]!.tables[0] as { values: unknown }).values = [1, 2])],
    ['values in another alphabet', (data) => (data.origins[0]!.tables[0]!.values = 'AA__')],
    ['a note on no head', (data) => (data.notes = { m: { constructor: 'x' } })],
    ['a note of a megabyte', (data) => (data.notes = { m: { L0H0: 'x'.repeat(2 ** 20) } })],
    ['a negative layer', (data) => (data.filter.layers = [-1, 2])],
  ])('are refused as a whole with %s', async (_what, change) => {
    const own = await scored();
    const state = structuredClone(collectState(own.store.getState(), own.cache, {} as never));
    change(state['scores']!.data as ScoresData);
    const { known, warnings } = readState({ scores: state['scores'] });
    expect(known).toEqual({});
    expect(warnings).toEqual(['The scores of probe sets and files, and the notes on heads could not be read.']);
  });
});

const weightsOf = ({ cache, store }: App) => {
  const { scores, model } = store.getState();
  const ids = scores.list.filter(({ cost }) => cost === 'weights').map(({ id }) => id);
  const choice = JSON.stringify({ scores: ids, scoreParameters: {} });
  return cache.value(weightsKey(model.info!.modelId, choice)) ?? [];
};
