import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { createAutosave, type Autosave } from '../files/session/autosave.ts';
import { openSessionFile, saveSessionFile } from '../files/session/session-file.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun, SMALL } from '../files/session/testing/sample-session.ts';
import { createSessionDesk, type SaveRequest, type SessionDesk } from './session-desk.ts';
import { createFakeSessionEngine } from './testing/fake-session-engine.ts';
import { createTokenizerHashes } from './tokenizer-hashes.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const KEEP = { abandon: false };
const ABANDON = { abandon: true };
const died = new AppError('engine-died', 'The engine process ended (exit code 1) before it answered.');
const state = (text: string) => ({ notes: { version: 1, data: { text } } });
const runs = (...ids: string[]): SaveRequest['runs'] =>
  ids.map((runId, i) => ({
    role: (['clean', 'changed'] as const)[i]!,
    choice: { runId, heads: [], tokenRows: [], maps: [], differences: [], clean: i === 0 ? null : ids[0]! },
  }));

let folder: string;
let path: string;
let engine: ReturnType<typeof createFakeSessionEngine>;
let autosave: Autosave;
let desk: SessionDesk;
/** What the page has on screen. */
let sessionId: string | null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
  await mkdir(join(folder, 'root'));
  path = join(folder, 'root', 'a.headscope');
  engine = createFakeSessionEngine();
  engine.live.set('live', sampleRun(SMALL));
  newHost();
});
afterEach(async () => {
  autosave.dispose();
  await rm(folder, { recursive: true });
});

/** What a start of the program makes. */
function newHost(): void {
  sessionId = null;
  autosave = createAutosave(join(folder, 'config'));
  const tokenizers = createTokenizerHashes();
  desk = createSessionDesk({
    engine: engine.handlers,
    autosave,
    tokenizers,
    appVersion: '0.1.0',
    now: () => new Date('2026-05-05T00:00:00.000Z'),
    patienceMs: 20,
  });
}

async function save(extra: Partial<SaveRequest> = {}, call = context) {
  const request = { path, state: state('mine'), runs: runs('live'), traces: [], sessionId, tensors: false };
  const saved = await desk.save({ ...request, replace: false, replaceAnything: false, ...extra }, call);
  sessionId = saved.sessionId;
  return saved;
}

async function open(file: string, replacing = KEEP, call = context) {
  const opened = await desk.open(file, file, replacing, call);
  sessionId = opened.sessionId;
  return opened;
}

const keep = (text: string, ids = ['live'], of = sessionId) =>
  desk.autosave({ state: state(text), runs: runs(...ids), traces: [], sessionId: of }, context);

/** What is left to recover, as the texts of its notes. */
async function leftTexts(): Promise<unknown[]> {
  const left = await autosave.list();
  const read = await Promise.all(left.map(({ id }) => autosave.read(id)));
  return read.map(({ session }) => (session.state['notes']?.data as { text: string }).text).sort();
}

async function files(): Promise<string[]> {
  return (await readdir(join(folder, 'root'))).sort();
}

describe('what methods read', () => {
  const bits = Uint8Array.from({ length: 2 * 2 * 3 * 2 }, (_, at) => (at * 91) % 256);
  const trace = {
    tokens: 12,
    firstRow: 8,
    rows: 3,
    layers: 2,
    heads: 2,
    windows: new Int32Array(2),
    changes: false,
    propagated: false,
    bits,
  };
  const traces: SaveRequest['traces'] = [
    { name: 'lab-0', trace: 'live-trace', run: 'clean' },
    { name: 'decode-dense', trace: 'live-trace', run: null },
  ];

  it('goes into the file, and to the engine with the run that it is of when the file is opened', async () => {
    engine.traces.set('live-trace', trace);
    expect((await save({ traces })).warnings).toEqual([]);
    newHost();
    const opened = await open(path);
    expect(opened.traces.map(({ name }) => name)).toEqual(['lab-0', 'decode-dense']);
    for (const { trace: id } of opened.traces) expect(engine.traces.get(id)).toEqual(trace);
    const attached = engine.calls.filter((call) => call.startsWith('attach trace'));
    expect(attached).toEqual([`attach trace ${opened.runs[0]!.summary.runId}`, 'attach trace of no run']);
    // Saved again without the engine, and attached again to another one.
    engine.broken.set('store', died);
    const again = opened.traces.map(({ name, trace: id }) => ({ name, trace: id, run: null }));
    expect((await save({ path: null, runs: [], traces: again })).warnings).toEqual([]);
    expect((await openSessionFile(path)).traces).toEqual(again.map(({ name }) => ({ name, run: null, trace })));
    const known = engine.traces.size;
    const { traces: once } = await desk.attach({ sessionId }, context);
    expect([once.length, engine.traces.size]).toEqual([2, known + 2]);
  });

  it('is left out with a sentence where the engine has lost it, or it is too large', async () => {
    engine.traces.set('large', { ...trace, bits: new Uint8Array(1.05 * 2 ** 24) });
    const lost: SaveRequest['traces'] = [
      { name: 'lab-0', trace: 'gone', run: null },
      { name: 'lab-1', trace: 'large', run: null },
    ];
    const { warnings } = await save({ traces: lost });
    expect(warnings).toEqual([
      'What a method read (lab-0) is not in the file. What this method read is no longer held by the engine.',
      'What a method read (lab-1) is not in the file. It takes 17 MiB; the limit is 16 MiB.',
    ]);
    const opened = await open(path);
    expect([opened.traces, opened.warnings]).toEqual([[], []]);
  });

  it('comes back from recovery', async () => {
    engine.traces.set('live-trace', trace);
    await desk.autosave({ state: state('lost'), runs: runs('live'), traces, sessionId }, context);
    desk.greetPage();
    const [{ id } = { id: '' }] = await autosave.list();
    const recovered = await desk.recover(id, () => Promise.resolve(null), KEEP, context);
    expect(recovered.traces.map(({ name }) => name)).toEqual(['lab-0', 'decode-dense']);
  });

  it('does not keep a session from being opened where the engine refuses it', async () => {
    engine.traces.set('live-trace', trace);
    await save({ traces });
    engine.broken.set('attach trace', new AppError('bad-request', 'It is of other heads.'));
    const { traces: attached, warnings } = await open(path);
    expect([attached, warnings.length]).toEqual([[], 2]);
    expect(warnings[0]).toBe('What a method read (lab-0) cannot be used. It is of other heads.');
  });
});

describe('saving', () => {
  it('writes state and runs, and asks for no path the second time', async () => {
    const saved = await save();
    expect(saved).toMatchObject({ path, name: 'a.headscope', savedAt: '2026-05-05T00:00:00.000Z', warnings: [] });
    expect(saved.bytes).toBe((await readFile(path)).length);
    await save({ path: null, state: state('again') });
    const opened = await openSessionFile(path);
    expect(opened.state).toEqual(state('again'));
    expect(opened.runs.map(({ role, run }) => [role, run.summary.nll])).toEqual([
      ['clean', engine.live.get('live')!.summary.nll],
    ]);
  });

  it('needs a path for a session without one, and runs of different roles', async () => {
    await expect(save({ path: null })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(save({ runs: [...runs('live'), ...runs('live')] })).rejects.toMatchObject({ code: 'bad-request' });
    expect(await files()).toEqual([]);
  });

  it('includes tensors of computed runs, and leaves no other file', async () => {
    await save({ tensors: true });
    const { tensors } = (await openSessionFile(path)).runs[0]!;
    const bytes = (await readFile(path)).subarray(tensors!.offset, tensors!.offset + tensors!.bytes);
    expect(bytes.toString()).toBe('tensors of live');
    expect(await files()).toEqual(['a.headscope']);
    // The second time they are in the file already.
    await save({ tensors: true });
    expect(engine.calls.filter((call) => call.startsWith('writeTensors'))).toHaveLength(1);
    expect(await files()).toEqual(['a.headscope', 'a.headscope.bak']);
  });

  it('asks before the work whether the place may be used', async () => {
    await writeFile(path, 'my thesis');
    await expect(save({ tensors: true })).rejects.toMatchObject({ code: 'not-allowed' });
    expect(engine.calls).toEqual([]);
    await save({ replaceAnything: true });
    await save();
  });

  it('saves what there is when the engine is gone, and says so', async () => {
    await save();
    engine.broken.set('*', died);
    const choice = { ...runs('live')[0]!.choice, heads: [{ layer: 0, head: 1 }] };
    const saved = await save({ runs: [{ role: 'clean', choice }, runs('live', 'lost')[1]!], tensors: true });
    expect(saved.warnings).toEqual([
      `The clean run is saved as it was last kept. ${died.message}`,
      `The changed run is not in the file. ${died.message}`,
      `The tensors of the clean run are not in the file. ${died.message}`,
    ]);
    expect((await openSessionFile(path)).runs).toHaveLength(1);
  });

  it('fails when the disk does, and not when a part of the state cannot be held', async () => {
    engine.broken.set('writeTensors', new AppError('io', 'There is no space left.'));
    await expect(save({ tensors: true })).rejects.toMatchObject({ code: 'io' });
    const odd = { odd: { version: 1, data: { x: NaN } }, notes: { version: 1, data: { text: 5 } } };
    const { warnings } = await save({ state: { ...odd, other: { version: 1, data: 'fine' } } });
    expect(warnings).toEqual([
      'The part “odd” of the session is not in the file: it holds what a file cannot hold.',
      'A part of the session will be missing when it is opened. The notes could not be read.',
    ]);
    expect((await openSessionFile(path)).keptState).toEqual({ other: { version: 1, data: 'fine' } });
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const cancelled = save({}, { signal: controller.signal, progress: () => controller.abort() });
    await expect(cancelled).rejects.toThrow();
    expect(await files()).toEqual([]);
  });
});

describe('opening', () => {
  beforeEach(() => save({ tensors: true }));

  it('attaches the runs under ids of its own, with their tensors', async () => {
    newHost();
    const opened = await open(path);
    expect(opened).toMatchObject({
      file: { path, name: 'a.headscope', savedAt: '2026-05-05T00:00:00.000Z' },
      state: state('mine'),
      model: { modelId: 'ab'.repeat(32) },
      warnings: [],
    });
    const [run] = opened.runs;
    expect(run).toMatchObject({ role: 'clean', summary: { stored: { tensors: true } } });
    const { runId } = run!.summary;
    expect(runId).toMatch(/^session-[0-9a-f]+-clean$/);
    expect(Buffer.from(engine.attached.get(runId)!.tensors!).toString()).toBe('tensors of live');
    const again = await open(path);
    expect(again.runs[0]!.summary.runId).not.toBe(runId);
    // The first one's is let go once the next is there.
    await vi.waitFor(() => expect([...engine.attached.keys()]).toEqual([again.runs[0]!.summary.runId]));
  });

  it('attaches them again, after the file was saved without its tensors too', async () => {
    newHost();
    const { runs: opened } = await open(path);
    const { runId } = opened[0]!.summary;
    engine.attached.clear();
    expect((await desk.attach({ sessionId }, context)).runs).toEqual(opened);
    expect(engine.attached.get(runId)!.tensors).not.toBeNull();
    await save({ path: null, runs: runs(runId) });
    engine.attached.clear();
    const [again] = (await desk.attach({ sessionId }, context)).runs;
    expect(again!.summary).toMatchObject({ runId, stored: { tensors: false } });
  });

  it('saves it again without model and engine, tensors and all, with the same bytes', async () => {
    newHost();
    const { runs: opened } = await open(path);
    const before = await readFile(path);
    engine.broken.set('*', died);
    const { warnings } = await save({ path: null, runs: runs(opened[0]!.summary.runId), tensors: true });
    expect(warnings.filter((sentence) => sentence.includes('tensors'))).toEqual([]);
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('goes on without tensors that the engine cannot use', async () => {
    newHost();
    const { 'run.attach': attach } = engine.handlers;
    Object.assign(engine.handlers, {
      'run.attach': (params: Parameters<typeof attach>[0], call: CallContext) =>
        params.tensors
          ? Promise.reject(new AppError('session-invalid', 'They are of another run.'))
          : attach(params, call),
    });
    const opened = await open(path);
    expect(opened.runs[0]!.summary.stored).toMatchObject({ tensors: false });
    expect(opened.warnings).toEqual(['The tensors of the clean run cannot be used. They are of another run.']);
  });

  it('leaves the session before alone when it fails', async () => {
    newHost();
    await open(path);
    const kept = [...engine.attached.keys()];
    await writeFile(join(folder, 'root', 'b.headscope'), 'nonsense');
    await expect(open(join(folder, 'root', 'b.headscope'))).rejects.toMatchObject({
      code: 'session-invalid',
    });
    engine.broken.set('attach with tensors', died);
    await expect(open(path)).rejects.toMatchObject({ code: 'engine-died' });
    expect([...engine.attached.keys()]).toEqual(kept);
    expect(desk.path).toBe(path);
  });

  it('carries what it does not know into the next save, and not into another session', async () => {
    const content = sampleContent(sampleRun(SMALL));
    const later = { version: 4, data: 'later' };
    const strange = join(folder, 'root', 'strange.headscope');
    const carried = { manifest: { mood: 'fine' }, entries: new Map([['preview.png', Uint8Array.of(1)]]) };
    await saveSessionFile(strange, { ...content, state: { later }, carried }, SAMPLE_OPTIONS);
    newHost();
    const opened = await open(strange);
    expect(opened.state).toEqual({});
    await save({ path: null, runs: runs(opened.runs[0]!.summary.runId) });
    const saved = await openSessionFile(strange);
    expect([saved.keptState, saved.carried, saved.manifest.createdAt, saved.manifest.tokenizer]).toEqual([
      { later },
      carried,
      content.createdAt,
      { sha256: content.tokenizer },
    ]);
    await desk.close(KEEP);
    sessionId = null;
    await save({ replace: true });
    expect(await openSessionFile(path)).toMatchObject({ keptState: {}, carried: { manifest: {} } });
    expect(engine.attached.size).toBe(0);
  });
});

describe('keeping unsaved work', () => {
  it('brings it back after a crash, with the file that it belongs to', async () => {
    await save({ tensors: true });
    await keep('not saved');
    autosave.leave();
    const [left] = await autosave.list();
    expect(left).toMatchObject({ name: 'a.headscope' });
    const recovered = await desk.recover(left!.id, (found) => Promise.resolve(found), KEEP, context);
    sessionId = recovered.sessionId;
    expect(recovered).toMatchObject({ file: { path }, state: state('not saved'), warnings: [] });
    expect(recovered.runs[0]!.summary.stored).toMatchObject({ tensors: true });
    await save({ path: null, runs: runs(recovered.runs[0]!.summary.runId) });
    autosave.leave();
    expect(await autosave.list()).toEqual([]);
  });

  it('forgets the place that may not be used any more', async () => {
    await save();
    await keep('not saved');
    autosave.leave();
    const [left] = await autosave.list();
    const recovered = await desk.recover(left!.id, () => Promise.resolve(null), KEEP, context);
    expect([recovered.file, desk.path]).toEqual([null, null]);
  });

  it('is over with a save, and with an opening and a close where it was given up', async () => {
    await save();
    for (const end of [() => save(), () => open(path, ABANDON), () => desk.close(ABANDON)]) {
      await keep('not saved');
      await end();
      autosave.leave();
      expect(await autosave.list()).toEqual([]);
    }
  });

  it('stays with an opening, an example, a recovery and a close where it was not given up', async () => {
    await save();
    await keep('before the opening');
    await open(path);
    await keep('before the example');
    ({ sessionId } = await desk.openExample(path, KEEP, context));
    await keep('before the close');
    await desk.close(KEEP);
    sessionId = null;
    await keep('before the recovery');
    expect(await leftTexts()).toEqual(['before the close', 'before the example', 'before the opening']);
    const [latest] = await autosave.list();
    await desk.recover(latest!.id, () => Promise.resolve(null), KEEP, context);
    expect(await leftTexts()).toContain('before the recovery');
    expect(await leftTexts()).toHaveLength(3);
    // A save is the end of what it saved, and of nothing else.
    await open(path, ABANDON);
    await save();
    expect(await leftTexts()).toHaveLength(3);
  });

  it('loses neither it nor what was to be recovered when that fails or is cancelled', async () => {
    await keep('to be recovered');
    autosave.leave();
    await keep('present');
    const [left] = await autosave.list();
    const recover = (call: CallContext) => desk.recover(left!.id, () => Promise.resolve(null), ABANDON, call);
    engine.broken.set('attach', died);
    await expect(recover(context)).rejects.toMatchObject({ code: 'engine-died' });
    engine.broken.clear();
    await expect(recover({ ...context, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await leftTexts()).toEqual(['to be recovered']);
    await keep('present, later');
    autosave.leave();
    expect(await leftTexts()).toEqual(['present, later', 'to be recovered']);
    expect(engine.attached.size).toBe(0);
  });

  it('does not wait for a busy engine, nor bring back what was saved meanwhile', async () => {
    const { 'run.store': store } = engine.handlers;
    let answer: () => void = () => undefined;
    const busy = new Promise<void>((resolve) => (answer = resolve));
    Object.assign(engine.handlers, {
      'run.store': async (...params: Parameters<typeof store>) => {
        await busy;
        return store(...params);
      },
    });
    await keep('without its run');
    autosave.leave();
    const [left] = await autosave.list();
    await autosave.discard(left!.id);
    const late = keep('late');
    const saving = save();
    answer();
    expect((await Promise.all([late, saving]))[0]).toEqual({ savedAt: null });
    autosave.leave();
    expect(await autosave.list()).toEqual([]);
  });

  it('of a page that just came does not pass for the session of the page before it', async () => {
    await save();
    await keep('of the page before');
    desk.greetPage();
    await keep('of the next page', ['live'], null);
    expect((await autosave.list()).map(({ name }) => name)).toEqual(['a.headscope']);
    autosave.leave();
    expect((await autosave.list()).map(({ name }) => name).sort()).toEqual(['Unsaved session', 'a.headscope']);
    // The same page after it lost its connection goes on where it was.
    await save({ path: null, state: state('after all') });
    expect((await openSessionFile(path)).state).toEqual(state('after all'));
    expect((await autosave.list()).map(({ name }) => name)).toEqual(['Unsaved session']);
  });
});

describe('a page that shows another session than the one on the desk', () => {
  let other: string;
  /** What the page that came later opened. */
  let later: string;
  beforeEach(async () => {
    other = join(folder, 'root', 'b.headscope');
    await save({ path: other, state: state('of b') });
    sessionId = null;
    await save({ state: state('of a') });
    await open(path);
    later = (await desk.open(other, other, KEEP, context)).sessionId;
  });
  const otherSession = { code: 'bad-request', details: { otherSession: true } };
  const textIn = async (file: string) => (await openSessionFile(file)).state;

  it('neither saves over that nor takes its runs', async () => {
    for (const of of [sessionId, null]) {
      await expect(save({ path: null, sessionId: of })).rejects.toMatchObject(otherSession);
      await expect(desk.attach({ sessionId: of }, context)).rejects.toMatchObject(otherSession);
    }
    expect(await textIn(other)).toEqual(state('of b'));
    expect((await desk.attach({ sessionId: later }, context)).runs).toHaveLength(1);
    await desk.close(KEEP);
    await expect(save({ path: null })).rejects.toMatchObject({
      ...otherSession,
      message: 'This session is no longer open on this host.',
    });
  });

  it('saves a session of its own under a name, which is on the desk then', async () => {
    const strange = join(folder, 'root', 'strange.headscope');
    const content = { ...sampleContent(sampleRun(SMALL)), state: { later: { version: 4, data: 'later' } } };
    await saveSessionFile(strange, content, SAMPLE_OPTIONS);
    later = (await desk.open(strange, strange, KEEP, context)).sessionId;
    const place = join(folder, 'root', 'c.headscope');
    const saved = await save({ path: place, state: state('of c') });
    expect(saved.sessionId).not.toBe(later);
    expect(await openSessionFile(place)).toMatchObject({
      state: state('of c'),
      keptState: {},
      manifest: { createdAt: '2026-05-05T00:00:00.000Z' },
    });
    expect(desk.path).toBe(place);
    await vi.waitFor(() => expect(engine.attached.size).toBe(0));
    await expect(save({ path: null, sessionId: later })).rejects.toMatchObject(otherSession);
    await save({ path: null, state: state('of c, later') });
    expect(await textIn(place)).toEqual(state('of c, later'));
  });

  it('keeps its unsaved work apart from that of the other', async () => {
    await keep('of the other', ['live'], later);
    await keep('of this one');
    expect(await leftTexts()).toEqual(['of the other']);
    autosave.leave();
    expect((await autosave.list()).map(({ name }) => name).sort()).toEqual(['Unsaved session', 'b.headscope']);
  });

  it('is asked before a file is replaced that is not its own', async () => {
    const exists = { code: 'not-allowed', message: 'b.headscope exists already.', details: { exists: true } };
    await expect(save({ path: other })).rejects.toMatchObject(exists);
    await expect(save({ path: other, sessionId: null })).rejects.toMatchObject(exists);
    expect(await textIn(other)).toEqual(state('of b'));
    await save({ path: other, sessionId: later, state: state('its own place') });
    await save({ path: other, replace: true, state: state('replaced') });
    expect(await textIn(other)).toEqual(state('replaced'));
    const thesis = join(folder, 'root', 'thesis.headscope');
    await writeFile(thesis, 'my thesis');
    await expect(save({ path: thesis, replace: true })).rejects.toMatchObject({ code: 'not-allowed' });
  });
});

it('goes on with the session before when an opening is cancelled, whatever the engine does meanwhile', async () => {
  const other = join(folder, 'root', 'b.headscope');
  await save({ path: other, state: state('of b') });
  sessionId = null;
  await save({ state: state('of a') });
  await open(path);
  const { 'run.attach': attach, 'run.release': release } = engine.handlers;
  const controller = new AbortController();
  Object.assign(engine.handlers, {
    'run.attach': (...params: Parameters<typeof attach>) => {
      controller.abort();
      return attach(...params);
    },
  });
  await expect(open(other, KEEP, { ...context, signal: controller.signal })).rejects.toThrow();
  await save({ path: null, state: state('of a, later') });
  expect([(await openSessionFile(path)).state, (await openSessionFile(other)).state]).toEqual([
    state('of a, later'),
    state('of b'),
  ]);
  // One that is open is answered at once: letting go of the runs before takes its own time.
  Object.assign(engine.handlers, {
    'run.attach': attach,
    'run.release': (...params: Parameters<typeof release>) =>
      new Promise<null>((resolve) => setTimeout(() => void release(...params).then(resolve), 50)),
  });
  await open(other);
  expect(engine.attached.size).toBe(2);
  await vi.waitFor(() => expect(engine.attached.size).toBe(1));
});
