import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { createAutosave, type Autosave } from '../files/session/autosave.ts';
import { openSessionFile, saveSessionFile } from '../files/session/session-file.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun, SMALL } from '../files/session/testing/sample-session.ts';
import { createSessionDesk, type SaveRequest, type SessionDesk } from './session-desk.ts';
import { createFakeSessionEngine } from './testing/fake-session-engine.ts';
import { createTokenizerHashes } from './tokenizer-hashes.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
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

const save = (extra: Partial<SaveRequest> = {}) =>
  desk.save(
    { path, state: state('mine'), runs: runs('live'), tensors: false, replaceAnything: false, ...extra },
    context,
  );

async function files(): Promise<string[]> {
  return (await readdir(join(folder, 'root'))).sort();
}

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
    const cancelled = desk.save(
      { path, state: state(''), runs: runs('live'), tensors: false, replaceAnything: false },
      { signal: controller.signal, progress: () => controller.abort() },
    );
    await expect(cancelled).rejects.toThrow();
    expect(await files()).toEqual([]);
  });
});

describe('opening', () => {
  beforeEach(() => save({ tensors: true }));

  it('attaches the runs under ids of its own, with their tensors', async () => {
    newHost();
    const opened = await desk.open(path, path, context);
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
    const again = await desk.open(path, path, context);
    expect(again.runs[0]!.summary.runId).not.toBe(runId);
    // The first one's is let go once the next is there.
    expect([...engine.attached.keys()]).toEqual([again.runs[0]!.summary.runId]);
  });

  it('attaches them again, after the file was saved without its tensors too', async () => {
    newHost();
    const { runs: opened } = await desk.open(path, path, context);
    const { runId } = opened[0]!.summary;
    engine.attached.clear();
    expect((await desk.attach(context)).runs).toEqual(opened);
    expect(engine.attached.get(runId)!.tensors).not.toBeNull();
    await save({ path: null, runs: runs(runId) });
    engine.attached.clear();
    const [again] = (await desk.attach(context)).runs;
    expect(again!.summary).toMatchObject({ runId, stored: { tensors: false } });
  });

  it('saves it again without model and engine, tensors and all, with the same bytes', async () => {
    newHost();
    const { runs: opened } = await desk.open(path, path, context);
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
    const opened = await desk.open(path, path, context);
    expect(opened.runs[0]!.summary.stored).toMatchObject({ tensors: false });
    expect(opened.warnings).toEqual(['The tensors of the clean run cannot be used. They are of another run.']);
  });

  it('leaves the session before alone when it fails', async () => {
    newHost();
    await desk.open(path, path, context);
    const kept = [...engine.attached.keys()];
    await writeFile(join(folder, 'root', 'b.headscope'), 'nonsense');
    await expect(desk.open(join(folder, 'root', 'b.headscope'), null, context)).rejects.toMatchObject({
      code: 'session-invalid',
    });
    engine.broken.set('attach with tensors', died);
    await expect(desk.open(path, path, context)).rejects.toMatchObject({ code: 'engine-died' });
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
    const opened = await desk.open(strange, strange, context);
    expect(opened.state).toEqual({});
    await save({ path: null, runs: runs(opened.runs[0]!.summary.runId) });
    const saved = await openSessionFile(strange);
    expect([saved.keptState, saved.carried, saved.manifest.createdAt, saved.manifest.tokenizer]).toEqual([
      { later },
      carried,
      content.createdAt,
      { sha256: content.tokenizer },
    ]);
    await desk.close();
    await save();
    expect(await openSessionFile(path)).toMatchObject({ keptState: {}, carried: { manifest: {} } });
    expect(engine.attached.size).toBe(0);
  });
});

describe('keeping unsaved work', () => {
  const keep = (text: string, ids = ['live']) => desk.autosave({ state: state(text), runs: runs(...ids) }, context);

  it('brings it back after a crash, with the file that it belongs to', async () => {
    await save({ tensors: true });
    await keep('not saved');
    autosave.leave();
    const [left] = await autosave.list();
    expect(left).toMatchObject({ name: 'a.headscope' });
    const recovered = await desk.recover(left!.id, (found) => Promise.resolve(found), context);
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
    const recovered = await desk.recover(left!.id, () => Promise.resolve(null), context);
    expect([recovered.file, desk.path]).toEqual([null, null]);
  });

  it('is over with a save, an opening and a close', async () => {
    await save();
    for (const end of [() => save(), () => desk.open(path, path, context), () => desk.close()]) {
      await keep('not saved');
      await end();
      autosave.leave();
      expect(await autosave.list()).toEqual([]);
    }
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
    await Promise.all([late, saving]);
    autosave.leave();
    expect(await autosave.list()).toEqual([]);
  });

  it('of a page that just came does not pass for the session of the page before it', async () => {
    await save();
    await keep('of the page before');
    desk.greetPage();
    await keep('of the next page');
    const listed = await autosave.list();
    expect(listed.map(({ name }) => name)).toEqual(['a.headscope']);
    autosave.leave();
    expect((await autosave.list()).map(({ name }) => name).sort()).toEqual(['Unsaved session', 'a.headscope']);
    // The same page after it lost its connection goes on where it was.
    await save({ path: null, state: state('after all') });
    expect((await openSessionFile(path)).state).toEqual(state('after all'));
    expect((await autosave.list()).map(({ name }) => name)).toEqual(['Unsaved session']);
  });
});
