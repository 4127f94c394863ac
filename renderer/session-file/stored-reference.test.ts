// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';
import { formatJson, parseForeignJson } from '../../shared/session/plain-json.ts';
import { readState } from '../../shared/session/read-state.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import type { ReferenceData, StoredReference } from '../../shared/session/slices/reference.ts';
import { pinReference, unpinReference } from '../compare-runs/pin-reference.ts';
import { referenceKey } from '../engine/data-keys.ts';
import { toggleAblation, undo } from '../state/edits.ts';
import { setFinalNorm } from '../state/intervention-edits.ts';
import type { PinnedScore } from '../state/reference-state.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { collectState, contentKey } from './collect.ts';
import { collectReference, restoreReference } from './stored-reference.ts';

const PATH = '/work/heads.headscope';
const MODEL = { layers: 2, heads: 4, kvHeads: 2 } as const;
const HEADS = 8;

/** Every kind of number that JSON has no way to write. */
const odd: PinnedScore = {
  key: 'probe/Needle/n 20:retrieval',
  table: {
    info: makeScoreInfo('retrieval', { domain: [0, null] }),
    values: Float64Array.of(NaN, -0, 0, Infinity, -Infinity, 1 / 3, 5e-324, -1.5),
    notApplicable: null,
    parameters: { threshold: 0.1 },
    floor: 1 / 7,
    spread: {
      prompts: 20,
      deviation: new Float64Array(HEADS).fill(NaN),
      active: new Float64Array(HEADS).fill(-0),
      low: Float64Array.from({ length: HEADS }, (_, head) => head / 3),
      high: Float64Array.from({ length: HEADS }, (_, head) => head / 7),
    },
  },
};

async function started() {
  const app = startSession(MODEL);
  await app.rest();
  return app;
}

type App = Awaited<ReturnType<typeof started>>;

/** B is of an ablated run; what is on screen is of another prompt. */
async function compared(): Promise<App> {
  const app = await started();
  toggleAblation(app.store, { layer: 1, head: 3 });
  setFinalNorm(app.store, 'frozen');
  patch(app.store, 'view', { shown: 'changed' });
  await app.rest();
  pinReference(app);
  const { id } = pinnedOf(app)!;
  app.cache.set(referenceKey(id), { status: 'ready', value: [...tablesOf(app), odd] });
  patch(app.store, 'reference', { shown: true, sortBy: 'b' });
  patch(app.store, 'prompt', { text: 'quite another prompt' });
  await app.session.runPrompt();
  await app.rest();
  return app;
}

const pinnedOf = ({ store }: App) => store.getState().edit.reference;
const tablesOf = (app: App) => app.cache.value(referenceKey(pinnedOf(app)?.id ?? '')) ?? [];

const bytesOf = (value: unknown): unknown =>
  ArrayBuffer.isView(value)
    ? [value.constructor.name, ...new Uint8Array(value.buffer)]
    : typeof value === 'object' && value !== null
      ? Object.entries(value).map(([key, inner]) => [key, bytesOf(inner)])
      : value;

/** Through the text of a file. */
function throughFile(state: SessionState): SessionState {
  const text = formatJson(state, 'state.json');
  return parseForeignJson(new TextEncoder().encode(text), 'state.json') as SessionState;
}

/** In a window of its own unless `into` is given. */
async function reopened(from: App, change: (state: SessionState) => SessionState = (state) => state, into?: App) {
  await from.session.files.save(PATH, true);
  const saved = from.host.engine.sessions.saved.get(PATH)!;
  const state = readState(change(throughFile(saved.content.state))).known;
  const app = into ?? (await started());
  app.host.engine.sessions.saved.set(PATH, { ...saved, content: { ...saved.content, state } });
  await app.session.files.open(PATH);
  await app.rest();
  return app;
}

const without = (state: SessionState) => Object.fromEntries(Object.entries(state).filter(([id]) => id !== 'reference'));

describe('the pinned result in a session', () => {
  it('comes back bit for bit, and so does the way it is compared', async () => {
    const own = await compared();
    const before = collectState(own.store.getState(), own.cache, own.layout.layout());
    const other = await reopened(own);
    const { id, ...pinned } = pinnedOf(own)!;
    expect(pinned).toMatchObject({ interventions: 'L1H3=zero', finalNorm: 'frozen', layers: 2, heads: 4, kvHeads: 2 });
    expect(pinnedOf(other)).toEqual({ ...pinned, id: expect.any(String) as string });
    expect(pinnedOf(other)!.id).not.toBe(id);
    expect(tablesOf(own).length).toBeGreaterThan(5);
    expect(bytesOf(tablesOf(other))).toEqual(bytesOf(tablesOf(own)));
    expect(other.store.getState().reference).toEqual({ shown: true, sortBy: 'b' });
    expect(other.store.getState().file).toMatchObject({ dirty: false, warnings: [] });
    expect(collectState(other.store.getState(), other.cache, other.layout.layout())).toEqual(before);
  });

  it('takes the place of the one before, which undo no longer brings back', async () => {
    const own = await compared();
    const old = pinnedOf(own)!;
    unpinReference(own);
    pinReference(own);
    const kept = pinnedOf(own)!;
    await reopened(own, undefined, own);
    expect(pinnedOf(own)).toMatchObject({ source: kept.source, interventions: kept.interventions });
    expect([old, kept].map(({ id }) => own.cache.get(referenceKey(id)))).toEqual([undefined, undefined]);
    undo(own.store);
    expect(pinnedOf(own)).toBeDefined();
    expect(tablesOf(own).length).toBeGreaterThan(0);
  });

  it.each([
    ['a session that has none', async (own: App) => reopened(own, without, own)],
    [
      'a session that was saved after it was taken off',
      async (own: App) => {
        const other = await started();
        await other.session.files.save(PATH);
        const saved = other.host.engine.sessions.saved.get(PATH)!;
        own.host.engine.sessions.saved.set(PATH, saved);
        await own.session.files.open(PATH);
        await own.rest();
      },
    ],
  ])('is gone with %s', async (_what, open) => {
    const own = await compared();
    const { id } = pinnedOf(own)!;
    await open(own);
    expect(pinnedOf(own)).toBeUndefined();
    expect(own.cache.get(referenceKey(id))).toBeUndefined();
    expect(own.store.getState().file).toMatchObject({ dirty: false, warnings: [] });
  });

  it('is unsaved work', async () => {
    const own = await compared();
    const key = contentKey(own.store.getState());
    await own.session.files.save(PATH);
    expect(own.session.files.isDirty).toBe(false);
    unpinReference(own);
    expect(contentKey(own.store.getState())).not.toBe(key);
    expect(own.session.files.isDirty).toBe(true);
  });

  it('leaves out the last scores where there is no room, and says how many', async () => {
    const own = await compared();
    // Each about 1 MiB as text.
    const values = new Float64Array(100_000);
    const large = Array.from({ length: 8 }, (_, at) => ({ key: `s${at}`, table: { ...odd.table, values } }));
    own.cache.set(referenceKey(pinnedOf(own)!.id), { status: 'ready', value: large });
    const { data, left } = collectReference(own.store.getState(), own.cache);
    expect(data.pinned!.scores.map(({ key }) => key)).toEqual(['s0', 's1', 's2', 's3', 's4']);
    expect(left).toBe(3);
    await own.session.files.save(PATH);
    expect(own.store.getState().file.warnings).toEqual([
      '3 scores of B did not fit in: a session holds 6 MiB of them.',
    ]);
  });
});

describe('the pinned result of a damaged or hostile file', () => {
  const changed = (change: (pinned: StoredReference) => void) => (state: SessionState) => {
    change((state['reference']!.data as ReferenceData).pinned!);
    return state;
  };

  it.each<[string, (pinned: StoredReference) => void]>([
    ['values of fewer heads', ({ scores }) => (scores[0]!.table.values = 'AAAAAAAA8D8=')],
    [
      'a score without values',
      ({ scores }) => Object.assign(scores[0]!.table, { values: null, notApplicable: 'Needs answers.' }),
    ],
    ['a model of other heads', (pinned) => (pinned.layers = 4096)],
  ])('is left out with a warning where it has %s', async (_what, change) => {
    const other = await reopened(await compared(), changed(change));
    expect(pinnedOf(other)).toBeUndefined();
    expect(other.store.getState().file.warnings).toEqual([
      'The scores of the pinned result do not fit its heads, so that it was left out.',
    ]);
  });

  it.each<[string, (pinned: StoredReference) => void]>([
    ['no scores', ({ scores }) => scores.splice(0)],
    ['one score twice', ({ scores }) => scores.push(scores[0]!)],
    ['values in another alphabet', ({ scores }) => (scores[0]!.table.values = 'AA__')],
    ['no layers', (pinned) => (pinned.layers = 0)],
    ['more layers than any model', (pinned) => (pinned.layers = 2 ** 31)],
    ['groups that do not divide the heads', (pinned) => (pinned.kvHeads = 3)],
    ['an intervention on no head of it', (pinned) => (pinned.interventions[0]!.where = { layer: 0, head: 4 })],
    ['a prompt of no kind', (pinned) => Object.assign(pinned.source, { kind: 'file' })],
  ])('is refused with %s', async (_what, change) => {
    const own = await compared();
    const state = throughFile(collectState(own.store.getState(), own.cache, own.layout.layout()));
    const { known, warnings } = readState({ reference: changed(change)(state)['reference'] });
    expect(warnings).toEqual(['The pinned result could not be read.']);
    expect(restoreReference(known, '1')).toMatchObject({ pinned: undefined, tables: [], warnings: [] });
  });

  it('is compared in the usual order where the file names a column that there is not', async () => {
    const other = await reopened(await compared(), (state) => {
      (state['reference']!.data as ReferenceData).sortBy = 'constructor';
      return state;
    });
    expect(pinnedOf(other)).toBeDefined();
    expect(other.store.getState().reference.sortBy).toBe('size');
  });
});
