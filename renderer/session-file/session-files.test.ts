import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { profileKey, scoresKey, summaryKey } from '../engine/data-keys.ts';
import { decodeRecord, labRecord, LAB_SHAPE } from '../../shared/view/lab/testing/records.ts';
import { decodeKey, labKey } from '../lab/lab-keys.ts';
import { addToComparison, foldTokens, pinToken, selectHead, toggleAblation } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { collectState } from './collect.ts';

const PATH = '/work/heads.headscope';

let app: ReturnType<typeof startSession>;
beforeEach(async () => {
  app = startSession();
  await app.rest();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Does a little of everything that a session keeps. */
async function work(): Promise<void> {
  const { store, layout, rest } = app;
  patch(store, 'prompt', { text: 'red kite blue drum red kite blue' });
  await app.session.runPrompt();
  await rest();
  selectHead(store, { layer: 2, head: 5 });
  toggleAblation(store, { layer: 1, head: 3 });
  addToComparison(store, { layer: 0, head: 1 });
  pinToken(store, 4);
  foldTokens(store, 1, 3, 'the kite');
  patch(store, 'view', { value: 'lift', reducer: 'mean', gamma: 0.6, shown: 'changed', dockTab: 'notes' });
  patch(store, 'view', {
    place: { tokens: store.getState().run.clean!.tokens, query: 1.5, key: 0, cellPx: 20, rows: 5, keys: 5 },
  });
  patch(store, 'notes', { text: 'Looks like induction.' });
  layout.sizes = { groups: { columns: { prompt: 30, map: 50, heads: 20 } } };
  await rest();
}

describe('saving and opening', () => {
  it('brings everything back that is on screen', async () => {
    await work();
    const before = collectState(app.store.getState(), app.cache, app.layout.layout());
    expect(await app.session.files.save(PATH)).toBe(true);

    const other = startSession();
    await other.rest();
    other.host.engine.sessions.saved.set(PATH, app.host.engine.sessions.saved.get(PATH)!);
    await other.session.files.open(PATH);
    await other.rest();
    expect(collectState(other.store.getState(), other.cache, other.layout.layout())).toEqual(before);
    const { run, file, model } = other.store.getState();
    expect(run.clean?.stored).toBeDefined();
    expect(run.changed?.interventions).toBe('L1H3=zero');
    expect(file).toMatchObject({ dirty: false, file: { path: PATH }, error: undefined });
    expect(model.info?.name).toBe('demo');
    expect(other.cache.value(summaryKey(run.clean!.key))?.ids).toHaveLength(run.clean!.tokens);
    expect(other.cache.get(scoresKey(run.changed!.key))?.status).toBe('ready');
  });

  it('brings back the method lab, with the names that the engine now has for what was read', async () => {
    await work();
    const { store, cache } = app;
    const { model, run } = store.getState();
    const { runId } = run.clean!;
    const { modelId, layers, heads, kvHeads } = model.info!;
    const own = { modelId, layers, heads, kvHeads };
    const shape = { ...LAB_SHAPE, ...own };
    const record = labRecord(shape);
    const lab = { ...record, runId, about: { ...record.about, modelId: own.modelId } };
    const decode = { ...decodeRecord(), about: { ...decodeRecord().about, ...own } };
    cache.set(labKey('a'), { status: 'ready', value: lab });
    cache.set(decodeKey('c'), { status: 'ready', value: decode });
    patch(store, 'lab', { result: 'a', shown: 'kept', row: 4, maps: [{ row: 4, value: 'lost' }], query: 20 });
    patch(store, 'decode', { result: 'c', under: 'dense', step: 1 });
    expect(app.session.files.isDirty).toBe(true);
    const before = collectState(store.getState(), cache, app.layout.layout());
    await app.session.files.save(PATH);
    expect(store.getState().file.warnings).toEqual([]);

    const other = startSession();
    await other.rest();
    other.host.engine.sessions.saved.set(PATH, app.host.engine.sessions.saved.get(PATH)!);
    await other.session.files.open(PATH);
    await other.rest();
    const opened = other.store.getState();
    expect(opened.file.warnings).toEqual([]);
    expect(collectState(opened, other.cache, other.layout.layout())).toEqual(before);
    const again = other.cache.value(labKey(opened.lab.result!))!;
    expect(again.runId).toBe(opened.run.clean!.runId);
    expect(again.rows[4]!.result!.trace).toBe(`stored-${record.rows[4]!.result!.trace}`);
    expect(other.cache.value(decodeKey(opened.decode.result!))!.method.trace).toBe(`stored-${decode.method.trace}`);
    // Another session has none of it.
    await work();
    patch(store, 'lab', { result: undefined });
    patch(store, 'decode', { result: undefined });
    await app.session.files.save('/work/other.headscope');
    other.host.engine.sessions.saved.set(PATH, app.host.engine.sessions.saved.get('/work/other.headscope')!);
    await other.session.files.open(PATH, true);
    await other.rest();
    expect(other.store.getState().lab.result).toBeUndefined();
    expect(other.cache.value(labKey(opened.lab.result!))).toBeUndefined();
  });

  it('asks to keep the heads that were looked at, with their row and their map', async () => {
    await work();
    await app.session.files.save(PATH);
    const [clean, changed] = app.host.engine.sessions.saved.get(PATH)!.content.runs;
    expect(clean).toMatchObject({ role: 'clean', choice: { clean: null } });
    expect(changed!.choice.clean).toBe(clean!.choice.runId);
    expect(changed!.choice.heads).toContainEqual({ layer: 2, head: 5 });
    expect(changed!.choice.heads).toContainEqual({ layer: 0, head: 1 });
    expect(changed!.choice.tokenRows).toContainEqual({ layer: 2, head: 5, index: 4 });
    expect(changed!.choice.maps).toContainEqual({ layer: 2, head: 5, value: 'lift', reducer: 'mean' });
    expect(changed!.choice.maps).toContainEqual({ layer: 2, head: 5, value: 'probability', reducer: 'max' });
  });

  it('runs nothing when a session is opened, although its interventions are new to the window', async () => {
    await work();
    await app.session.files.save(PATH);
    const { calls } = app.host.engine;
    calls.length = 0;
    await app.session.files.open(PATH);
    await app.rest();
    expect(calls.filter(({ method }) => method === 'run.start')).toEqual([]);
  });

  it('tells what failed, and keeps what is on screen', async () => {
    const { clean } = app.store.getState().run;
    expect(await app.session.files.open('/work/none.headscope')).toBe(false);
    expect(app.store.getState().file.error).toMatchObject({ code: 'session-invalid' });
    expect(app.store.getState().run.clean).toBe(clean);
    app.host.engine.sessions.failure = new AppError('io', 'The disk is full.');
    expect(await app.session.files.save(PATH)).toBe(false);
    expect(app.store.getState().file.error).toMatchObject({ code: 'io', message: 'The disk is full.' });
    expect(app.store.getState().file.job).toBeUndefined();
  });
});

describe('stored runs', () => {
  it('become live ones of the same tokens, keeping every choice', async () => {
    await work();
    await app.session.files.save(PATH);
    await app.session.files.open(PATH);
    await app.rest();
    const before = collectState(app.store.getState(), app.cache, app.layout.layout());
    await app.session.goLive();
    await app.rest();
    const { run, ui } = app.store.getState();
    expect(run.clean?.stored).toBeUndefined();
    expect(run.changed).toMatchObject({ interventions: 'L1H3=zero' });
    expect(run.changed?.stored).toBeUndefined();
    expect(ui.notice).toBeUndefined();
    expect(collectState(app.store.getState(), app.cache, app.layout.layout())).toEqual(before);
  });

  it('says where what was computed now differs from what was stored', async () => {
    await work();
    await app.session.files.save(PATH);
    const saved = app.host.engine.sessions.saved.get(PATH)!;
    for (const { nll } of saved.summaries) nll[2]! += 0.25;
    await app.session.files.open(PATH);
    await app.session.goLive();
    await app.rest();
    expect(app.store.getState().ui.notice?.text).toMatch(/differ from the stored ones by up to 0.25 nats/);
  });

  it('are there again after the engine was restarted, and open their model when something is to be computed', async () => {
    await work();
    await app.session.files.save(PATH);
    await app.session.files.open(PATH);
    await app.rest();
    app.host.kill();
    app.host.revive();
    await app.rest();
    const { run, model } = app.store.getState();
    expect(run.clean?.stored).toBeDefined();
    expect(run.stale).toBe(false);
    expect(model.live).toBe(false);
    selectHead(app.store, { layer: 3, head: 0 });
    await app.rest();
    expect(app.cache.get(profileKey(app.store.getState().run.changed!.key, { layer: 3, head: 0 }))?.status).toBe(
      'ready',
    );
    toggleAblation(app.store, { layer: 2, head: 2 });
    await app.rest();
    const after = app.store.getState();
    expect(after.model.live).toBe(true);
    expect(after.run.clean?.stored).toBeUndefined();
    expect(after.run.changed?.interventions).toBe('L1H3=zero,L2H2=zero');
  });
});

describe('unsaved work', () => {
  it('is what differs from what was saved, and nothing that is only looked at', async () => {
    vi.useFakeTimers();
    const { store, session } = app;
    const dirty = async () => {
      await vi.advanceTimersByTimeAsync(500);
      return store.getState().file.dirty;
    };
    selectHead(store, { layer: 2, head: 5 });
    patch(store, 'view', { gamma: 0.5 });
    expect(await dirty()).toBe(false);
    patch(store, 'notes', { text: 'a' });
    expect(await dirty()).toBe(true);
    const saving = session.files.save(PATH);
    await vi.advanceTimersByTimeAsync(100);
    await saving;
    expect(await dirty()).toBe(false);
    patch(store, 'notes', { text: 'ab' });
    expect(await dirty()).toBe(true);
    patch(store, 'notes', { text: 'a' });
    expect(await dirty()).toBe(false);
  });

  it('is kept for recovery once it rests, and only when there is something new', async () => {
    vi.useFakeTimers();
    const { store, host } = app;
    const { autosaves } = host.engine.sessions;
    patch(store, 'notes', { text: 'a' });
    await vi.advanceTimersByTimeAsync(1000);
    patch(store, 'notes', { text: 'ab' });
    await vi.advanceTimersByTimeAsync(2000);
    expect(autosaves).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(autosaves).toHaveLength(1);
    expect(autosaves[0]!.state['notes']).toEqual({ version: 1, data: { text: 'ab' } });
    patch(store, 'notes', { text: 'ab' });
    await vi.advanceTimersByTimeAsync(5000);
    expect(autosaves).toHaveLength(1);
  });

  it('comes back from recovery as unsaved', async () => {
    vi.useFakeTimers();
    patch(app.store, 'notes', { text: 'lost and found' });
    await vi.advanceTimersByTimeAsync(4000);
    vi.useRealTimers();
    patch(app.store, 'notes', { text: '' });
    await app.session.files.list();
    expect(app.store.getState().file.recoverable).toHaveLength(1);
    await app.session.recoverSession('crashed');
    await app.rest();
    expect(app.store.getState()).toMatchObject({
      notes: { text: 'lost and found' },
      file: { dirty: true, file: undefined, recoverable: [] },
    });
  });
});

describe('what is in the way', () => {
  const other = '/work/other.headscope';

  it('asks before unsaved work gives way to another session', async () => {
    const { store, session, rest } = app;
    await session.files.save(other);
    patch(store, 'notes', { text: 'mine' });
    await session.openSession(other);
    expect(store.getState()).toMatchObject({ ui: { dialog: 'unsaved' }, notes: { text: 'mine' } });
    await session.answerUnsaved('stay');
    expect(store.getState()).toMatchObject({ ui: { dialog: undefined }, notes: { text: 'mine' } });

    await session.openSession(other);
    await session.answerUnsaved('save');
    await rest();
    // Saved where it was, and then opened from there.
    expect(store.getState().notes.text).toBe('mine');
    expect(store.getState().file.dirty).toBe(false);

    patch(store, 'notes', { text: 'given up' });
    await session.openSession(other);
    await session.answerUnsaved('abandon');
    await rest();
    expect(store.getState().notes.text).toBe('mine');
  });

  it('asks for a name first where there is no file yet', async () => {
    const { store, session } = app;
    app.host.engine.sessions.saved.set(other, { ...emptySession(), model: store.getState().model.info });
    patch(store, 'notes', { text: 'mine' });
    await session.openSession(other);
    await session.answerUnsaved('save');
    expect(store.getState()).toMatchObject({ ui: { dialog: 'session' }, notes: { text: 'mine' } });
  });

  it('counts what leaves its file as unsaved', async () => {
    const { store, session } = app;
    await session.files.save(PATH);
    await session.files.detach();
    expect(store.getState().file).toMatchObject({ file: undefined, sessionId: null, dirty: true });
    expect(session.files.isDirty).toBe(true);
  });

  it('knows of an edit at once, before anything else has looked', async () => {
    await app.session.files.save(PATH);
    expect(app.session.files.isDirty).toBe(false);
    patch(app.store, 'notes', { text: 'x' });
    expect(app.session.files.isDirty).toBe(true);
  });

  it('replaces another file only when told to', async () => {
    const { store, session } = app;
    app.host.engine.sessions.saved.set(other, { ...emptySession(), model: undefined });
    expect(await session.files.save(other)).toBe(false);
    expect(store.getState().file.error?.details).toEqual({ exists: true });
    expect(await session.files.save(other, true)).toBe(true);
  });

  function emptySession() {
    return { content: { state: {}, runs: [], traces: [], sessionId: null }, summaries: [], tensors: false };
  }
});

describe('a stored session whose model cannot be had', () => {
  beforeEach(async () => {
    await work();
    await app.session.files.save(PATH);
    const saved = app.host.engine.sessions.saved.get(PATH)!;
    const model = { ...saved.model!, modelId: 'gone', source: 'folder' as const, path: '/models/broken' };
    app.host.engine.sessions.saved.set(PATH, { ...saved, model });
    await app.session.openSession(PATH);
    await app.rest();
    expect(app.store.getState().model.live).toBe(false);
  });

  it('keeps everything and says so when something is to be computed', async () => {
    const { store, rest } = app;
    toggleAblation(store, { layer: 3, head: 1 });
    await rest();
    const { run } = store.getState();
    expect(run.clean?.stored).toBeDefined();
    expect(run.job).toBeUndefined();
    expect(run.changedError).toMatchObject({ code: 'not-a-model' });
  });

  it('generates nothing with another model', async () => {
    const { store, session, rest, host } = app;
    host.engine.calls.length = 0;
    await session.generate();
    await rest();
    expect(host.engine.calls.some(({ method }) => method === 'generate.start')).toBe(false);
    expect(store.getState().generation.error).toMatchObject({ code: 'not-a-model' });
  });

  it('stays when another model is chosen that cannot be opened, and leaves its file with one that can', async () => {
    const { store, session, rest } = app;
    await session.openModel('/models/broken');
    await rest();
    expect(store.getState().run.clean?.stored).toBeDefined();
    expect(store.getState().file.file?.path).toBe(PATH);
    await session.openModel('/models/pythia-70m');
    await rest();
    expect(store.getState().run.clean?.stored).toBeUndefined();
    expect(store.getState().file).toMatchObject({ file: undefined, dirty: true });
  });

  it('does not start anything when its interventions have no run', async () => {
    const saved = app.host.engine.sessions.saved.get(PATH)!;
    const runs = saved.content.runs.slice(0, 1);
    const summaries = saved.summaries.slice(0, 1);
    app.host.engine.sessions.saved.set(PATH, { ...saved, content: { ...saved.content, runs }, summaries });
    app.host.engine.calls.length = 0;
    await app.session.openSession(PATH);
    await app.rest();
    expect(app.store.getState().run.changed).toBeUndefined();
    expect(app.store.getState().edit.interventions).toHaveLength(1);
    expect(app.host.engine.calls.map(({ method }) => method)).not.toContain('model.open');
  });
});
