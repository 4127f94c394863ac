import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { createAutosave, type Autosave } from '../files/session/autosave.ts';
import { openSessionFile, saveSessionFile } from '../files/session/session-file.ts';
import { SAMPLE_OPTIONS, sampleContent } from '../files/session/testing/sample-session.ts';
import { createPathGuard, type PathGuard } from '../models/path-guard.ts';
import { createSessionDesk } from './session-desk.ts';
import { createRecentSessions, createSessionHandlers, type PickFile } from './session-handlers.ts';
import { createFakeSessionEngine } from './testing/fake-session-engine.ts';
import { createTokenizerHashes } from './tokenizer-hashes.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };

let base: string;
let autosave: Autosave;
let guard: PathGuard;
const at = (path: string) => join(base, path);
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'headscope-')));
  for (const folder of ['root/sub', 'outside']) mkdirSync(at(folder), { recursive: true });
  guard = createPathGuard(at('root'), [], at('root'));
  autosave = createAutosave(at('config/autosave'));
});
afterEach(() => {
  autosave.dispose();
  rmSync(base, { recursive: true });
});

function handlers(pickFile?: PickFile) {
  const desk = createSessionDesk({
    engine: createFakeSessionEngine().handlers,
    autosave,
    tokenizers: createTokenizerHashes(),
    appVersion: '0.1.0',
    now: () => new Date(),
  });
  const recent = createRecentSessions(at('config/recent.json'));
  const app = { examples: at('examples.json'), sessions: at('examples') };
  return createSessionHandlers({ desk, autosave, guard, recent, app, ...(pickFile ? { pickFile } : {}) });
}

const content = {
  state: { notes: { version: 1, data: { text: 'mine' } } },
  runs: [],
  traces: [],
  sessionId: null,
  tensors: false,
  replace: false,
};
const keep = { abandon: false };
const notAllowed = { code: 'not-allowed' };

describe('paths', () => {
  it('get the extension where it is missing, and count from the root', async () => {
    const sessions = handlers();
    for (const path of ['a', 'sub/b.HEADSCOPE', at('root/c.headscope'), '~/d']) {
      await sessions['session.save']({ ...content, path }, context);
    }
    expect((await readdir(at('root'))).sort()).toEqual(['a.headscope', 'c.headscope', 'd.headscope', 'sub']);
    expect(await readdir(at('root/sub'))).toEqual(['b.HEADSCOPE']);
    expect(await sessions['session.open']({ path: 'a.headscope', ...keep }, context)).toMatchObject({
      file: { path: at('root/a.headscope') },
      state: content.state,
    });
  });

  it('lead nowhere outside, to read or to write', async () => {
    const sessions = handlers();
    symlinkSync(at('outside'), at('root/escape'));
    writeFileSync(at('outside/x.headscope'), 'x');
    symlinkSync(at('outside/x.headscope'), at('root/x.headscope'));
    for (const path of ['../outside/x.headscope', at('outside/x.headscope'), 'escape/x.headscope', 'x.headscope']) {
      await expect(sessions['session.open']({ path, ...keep }, context)).rejects.toMatchObject(notAllowed);
      await expect(sessions['session.save']({ ...content, path }, context)).rejects.toMatchObject(notAllowed);
    }
    expect(await readFile(at('outside/x.headscope'), 'utf8')).toBe('x');
    expect(await readdir(at('outside'))).toEqual(['x.headscope']);
  });

  it('that are not there are named as such', async () => {
    await expect(handlers()['session.open']({ path: 'gone.headscope', ...keep }, context)).rejects.toMatchObject({
      code: 'io',
      message: 'There is no file gone.headscope.',
    });
    await expect(handlers()['session.save']({ ...content, path: 'gone/a' }, context)).rejects.toMatchObject({
      code: 'io',
    });
  });
});

it('opens a backup, and does not save over it', async () => {
  const sessions = handlers();
  for (const text of ['one', 'two']) {
    const state = { notes: { version: 1, data: { text } } };
    await sessions['session.save']({ ...content, state, path: 'a', replace: true }, context);
  }
  const opened = await sessions['session.open']({ path: 'a.headscope.bak', ...keep }, context);
  expect(opened).toMatchObject({
    file: null,
    state: { notes: { data: { text: 'one' } } },
    warnings: ['a.headscope.bak is a backup: saving asks for a name.'],
  });
  await expect(sessions['session.save']({ ...content, path: null }, context)).rejects.toMatchObject({
    code: 'bad-request',
  });
});

describe('an example', () => {
  beforeEach(async () => {
    mkdirSync(at('examples'));
    await saveSessionFile(at('examples/with.headscope'), sampleContent(undefined, 'shipped'), SAMPLE_OPTIONS);
    const rest = { title: 'An example', look: '', text: 'Text' };
    writeFileSync(at('examples.json'), JSON.stringify(['with', 'without'].map((id) => ({ id, ...rest }))));
  });

  it('opens without a place, as a new session, and is nothing that was used', async () => {
    const sessions = handlers();
    const opened = await sessions['session.openExample']({ id: 'with', ...keep }, context);
    expect(opened).toMatchObject({ file: null, state: { notes: { data: { text: 'shipped' } } }, warnings: [] });
    expect(opened.runs).toHaveLength(1);
    expect(await sessions['session.recent']({}, context)).toEqual({ files: [] });
    await expect(sessions['session.save']({ ...content, path: null }, context)).rejects.toMatchObject({
      code: 'bad-request',
    });
    await sessions['session.save']({ ...content, path: 'mine' }, context);
    const { createdAt } = (await openSessionFile(at('root/mine.headscope'))).manifest;
    expect(createdAt).not.toBe(sampleContent().createdAt);
  });

  it('leaves nothing to recover before something of it is changed', async () => {
    const sessions = handlers();
    await sessions['session.openExample']({ id: 'with', ...keep }, context);
    autosave.leave();
    expect(await sessions['session.recoverable']({}, context)).toEqual({ sessions: [] });
    await sessions['session.autosave'](content, context);
    autosave.leave();
    const { sessions: left } = await sessions['session.recoverable']({}, context);
    expect(left.map(({ name }) => name)).toEqual(['Unsaved session']);
  });

  it.each([
    ['none', 'bad-request'],
    ['without', 'not-stored'],
  ])('called %s is refused with %s', async (id, code) => {
    await expect(handlers()['session.openExample']({ id, ...keep }, context)).rejects.toMatchObject({ code });
  });
});

describe('what was used last', () => {
  it('is listed as long as it is there and may be read', async () => {
    const sessions = handlers();
    for (const path of ['a', 'b', 'sub/c', 'a']) {
      await sessions['session.save']({ ...content, path, replace: true }, context);
    }
    rmSync(at('root/b.headscope'));
    const { files } = await sessions['session.recent']({}, context);
    expect(files.map(({ name }) => name)).toEqual(['a.headscope', 'c.headscope']);
    expect(files[0]!.bytes).toBe((await readFile(at('root/a.headscope'))).length);
    expect(files[0]!.savedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    guard = createPathGuard(at('root/sub'), [], at('root'));
    expect((await handlers()['session.recent']({}, context)).files.map(({ name }) => name)).toEqual(['c.headscope']);
  });

  it('says where browsing begins', async () => {
    const sessions = handlers();
    expect(await sessions['session.browse']({}, context)).toMatchObject({ path: at('root'), parent: null, files: [] });
    await sessions['session.save']({ ...content, path: 'sub/c' }, context);
    expect(await sessions['session.browse']({}, context)).toMatchObject({
      path: at('root/sub'),
      parent: at('root'),
      folders: [],
      files: [{ name: 'c.headscope', path: at('root/sub/c.headscope') }],
    });
    writeFileSync(at('root/notes.txt'), '');
    writeFileSync(at('root/.hidden.headscope'), '');
    mkdirSync(at('root/folder.headscope'));
    const { folders, files } = await sessions['session.browse']({ path: at('root') }, context);
    expect([folders.map(({ name }) => name), files]).toEqual([['folder.headscope', 'sub'], []]);
    await expect(sessions['session.browse']({ path: base }, context)).rejects.toMatchObject(notAllowed);
  });
});

it('replaces another file only when it is told to', async () => {
  const sessions = handlers();
  const { sessionId } = await sessions['session.save']({ ...content, path: 'a' }, context);
  await sessions['session.save']({ ...content, sessionId, path: 'a' }, context);
  const other = { ...content, state: { notes: { version: 1, data: { text: 'other' } } }, path: 'A/../a' };
  await expect(sessions['session.save'](other, context)).rejects.toMatchObject({
    code: 'not-allowed',
    message: 'a.headscope exists already.',
    details: { exists: true },
  });
  expect((await openSessionFile(at('root/a.headscope'))).state).toEqual(content.state);
  await sessions['session.save']({ ...other, replace: true }, context);
  expect((await openSessionFile(at('root/a.headscope'))).state).toEqual(other.state);
});

describe('the dialog', () => {
  it('is refused in a shell without it', async () => {
    const pick = handlers()['session.pickFile']({ what: 'open', name: '' }, context);
    await expect(pick).rejects.toMatchObject(notAllowed);
  });

  it('allows what was chosen, and to replace it whatever it is', async () => {
    let chosen: string | null = at('outside/thesis.headscope');
    const asked: unknown[] = [];
    const sessions = handlers((...question) => {
      asked.push(question);
      return Promise.resolve(chosen);
    });
    writeFileSync(chosen, 'my thesis');
    await sessions['session.pickFile']({ what: 'open', name: '' }, context);
    const save = () => sessions['session.save']({ ...content, path: at('outside/thesis.headscope') }, context);
    await expect(save()).rejects.toMatchObject({
      ...notAllowed,
      message: expect.stringContaining('no session') as string,
    });
    await sessions['session.pickFile']({ what: 'save', name: 'thesis' }, context);
    await save();
    chosen = null;
    expect(await sessions['session.pickFile']({ what: 'save', name: '' }, context)).toEqual({ path: null });
    expect(asked).toEqual([
      ['open', ''],
      ['save', 'thesis'],
      ['save', ''],
    ]);
    expect(await sessions['session.open']({ path: at('outside/thesis.headscope'), ...keep }, context)).toMatchObject({
      state: content.state,
    });
  });
});

it('lists, recovers and discards unsaved work', async () => {
  const sessions = handlers();
  const { sessionId } = await sessions['session.save']({ ...content, path: 'a' }, context);
  await sessions['session.autosave']({ ...content, sessionId }, context);
  expect((await sessions['session.recoverable']({}, context)).sessions).toEqual([]);
  autosave.leave();
  const [left] = (await sessions['session.recoverable']({}, context)).sessions;
  expect(left).toMatchObject({ name: 'a.headscope' });
  const recovered = await sessions['session.recover']({ id: left!.id, ...keep }, context);
  expect(recovered).toMatchObject({ file: { path: at('root/a.headscope') }, state: content.state });
  autosave.leave();
  expect(await sessions['session.discard']({ id: left!.id }, context)).toBeNull();
  await expect(sessions['session.recover']({ id: left!.id, ...keep }, context)).rejects.toMatchObject({ code: 'io' });
  await sessions['session.autosave'](content, context);
  expect(await sessions['session.close']({ abandon: true }, context)).toBeNull();
  autosave.leave();
  expect((await sessions['session.recoverable']({}, context)).sessions).toEqual([]);
});
