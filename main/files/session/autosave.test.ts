import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAutosave, type Autosave } from './autosave.ts';
import { fileIdentity } from './entry-source.ts';
import type { SessionContent } from './session-content.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun, SMALL } from './testing/sample-session.ts';

let root: string;
let made: Autosave[];
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'headscope-')), 'autosave');
  made = [];
});
afterEach(async () => {
  for (const autosave of made) autosave.dispose();
  await rm(join(root, '..'), { recursive: true });
});

function create(now?: () => Date): Autosave {
  const autosave = createAutosave(root, now);
  made.push(autosave);
  return autosave;
}

const write = (autosave: Autosave, content: SessionContent, path: string | null = null) =>
  autosave.write(content, path, SAMPLE_OPTIONS);

/** The process that worked on every session is gone. */
async function crash(): Promise<void> {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  for (const id of await readdir(root)) {
    await writeFile(join(root, id, 'alive'), JSON.stringify({ pid, host: hostname() }));
  }
}

const textOf = ({ session }: Awaited<ReturnType<Autosave['read']>>) =>
  (session.state['notes']!.data as { text: string }).text;

async function objects(): Promise<Map<string, number>> {
  const [id] = await readdir(root);
  const folder = join(root, id!, 'objects');
  const found = new Map<string, number>();
  for (const name of await readdir(folder)) found.set(name, (await stat(join(folder, name))).mtimeMs);
  return found;
}

it('brings back what was kept, every number, where it belongs', async () => {
  const content = sampleContent(sampleRun(SMALL), 'mine');
  await write(create(), content, '/somewhere/a.headscope');
  await crash();
  const next = create();
  const [found, ...others] = await next.list();
  expect([found, others]).toEqual([{ id: found!.id, name: 'a.headscope', savedAt: '2026-02-03T04:05:06.000Z' }, []]);
  const { session, path } = await next.read(found!.id);
  expect(path).toBe('/somewhere/a.headscope');
  expect(session).toMatchObject({ warnings: [], state: content.state });
  const run = content.runs[0]!.run;
  expect(session.runs[0]!.run).toEqual({ ...run, summary: { ...run.summary, runId: 'clean' } });
});

it('writes only what changed, and keeps nothing that is not needed', async () => {
  const autosave = create();
  const run = sampleRun(SMALL);
  await write(autosave, sampleContent(run, 'one'));
  const before = await objects();
  expect(before.size).toBe(4);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await write(autosave, sampleContent(run, 'two'));
  const after = await objects();
  expect(after.size).toBe(4);
  const same = [...after].filter(([name, time]) => before.get(name) === time);
  // Numbers and arrays of the run; state and notes are new.
  expect(same).toHaveLength(2);
});

describe('several processes', () => {
  it('offer neither what they work on themselves nor what another one does', async () => {
    const [first, second] = [create(), create()];
    await write(first, sampleContent(null, 'first'));
    await write(second, sampleContent(null, 'second'));
    expect(await readdir(root)).toHaveLength(2);
    for (const autosave of [first, second, create()]) {
      expect(await autosave.list()).toEqual([]);
      for (const id of await readdir(root)) {
        await expect(autosave.read(id)).rejects.toMatchObject({ code: 'io' });
        await expect(autosave.discard(id)).rejects.toMatchObject({ code: 'io' });
      }
    }
  });

  it('are believed to live only while they say so', async () => {
    await write(create(), sampleContent(null, 'first'));
    const [id] = await readdir(root);
    const hourAgo = Date.now() / 1000 - 3600;
    await utimes(join(root, id!, 'alive'), hourAgo, hourAgo);
    expect(await create().list()).toHaveLength(1);
    await writeFile(join(root, id!, 'alive'), JSON.stringify({ pid: 1, host: 'another machine' }));
    expect(await create().list()).toEqual([]);
    await writeFile(join(root, id!, 'alive'), 'nonsense');
    expect(await create().list()).toHaveLength(1);
  });
});

describe('a page that is gone', () => {
  it('leaves its session to the next page of the same process, and to no other process', async () => {
    const autosave = create();
    await write(autosave, sampleContent(null, 'first'), '/a.headscope');
    autosave.leave();
    expect(await create().list()).toEqual([]);
    const [left] = await autosave.list();
    await write(autosave, sampleContent(null, 'second'));
    expect(await autosave.list()).toEqual([left]);
    expect(textOf(await autosave.read(left!.id))).toBe('first');
    // Reading changes nothing.
    expect(await autosave.list()).toEqual([left]);
    await autosave.goOn(left!.id, 'one', true);
    // The second one was given up.
    expect(await readdir(root)).toEqual([left!.id]);
    await write(autosave, sampleContent(null, 'third'));
    expect(await readdir(root)).toEqual([left!.id]);
  });

  it('gets back the session before it, unless that was given up', async () => {
    const autosave = create();
    await write(autosave, sampleContent(null, 'first'), '/a.headscope');
    autosave.leave();
    await write(autosave, sampleContent(null, 'second'), '/b.headscope');
    const [first] = await autosave.list();
    await autosave.goOn(first!.id, 'one', false);
    const [second, ...others] = await autosave.list();
    expect([second!.name, others]).toEqual(['b.headscope', []]);
    expect(textOf(await autosave.read(second!.id))).toBe('second');
    await expect(autosave.goOn(first!.id, 'two', false)).rejects.toMatchObject({ code: 'io' });
    await expect(autosave.goOn('0123456789abcdef', 'two', true)).rejects.toMatchObject({ code: 'io' });
    expect(await autosave.list()).toEqual([second]);
  });

  it('loses nothing else when its session is saved', async () => {
    const autosave = create();
    autosave.workOn('a');
    await write(autosave, sampleContent(null, 'a'), '/a.headscope');
    autosave.workOn('b');
    await write(autosave, sampleContent(null, 'b'), '/b.headscope');
    autosave.workOn('c');
    await write(autosave, sampleContent(null, 'of the same file'), '/a.headscope');
    autosave.workOn('a');
    await write(autosave, sampleContent(null, 'a again'), '/a.headscope');
    await autosave.clear();
    const left = await autosave.list();
    expect(left.map(({ name }) => name).sort()).toEqual(['a.headscope', 'b.headscope']);
    const texts = await Promise.all(left.map(async ({ id }) => textOf(await autosave.read(id))));
    expect(texts.sort()).toEqual(['b', 'of the same file']);
  });
});

it('is gone after a clean end, and after it was discarded', async () => {
  const autosave = create();
  await write(autosave, sampleContent(null));
  await autosave.clear();
  expect(await readdir(root)).toEqual([]);
  await write(autosave, sampleContent(null));
  await crash();
  const next = create();
  const [found] = await next.list();
  await next.discard(found!.id);
  expect([await next.list(), await readdir(root)]).toEqual([[], []]);
});

it('forgets after 30 days, and what never became a session', async () => {
  let days = 0;
  const later = () => new Date(Date.now() + days * 24 * 3600 * 1000);
  await write(create(), sampleContent(null));
  await mkdir(join(root, '0123456789abcdef', 'objects'), { recursive: true });
  await mkdir(join(root, 'not ours'));
  await crash().catch(() => undefined);
  const next = create(later);
  days = 29;
  await next.sweep();
  expect(await next.list()).toHaveLength(1);
  expect(await readdir(root)).toHaveLength(2);
  days = 31;
  await next.sweep();
  expect(await readdir(root)).toEqual(['not ours']);
});

describe('what is damaged', () => {
  it('is left out, and the rest comes back', async () => {
    await write(create(), sampleContent(sampleRun(SMALL), 'mine'));
    await crash();
    const [id] = await readdir(root);
    const record = JSON.parse(await readFile(join(root, id!, 'session.json'), 'utf8')) as {
      manifest: { files: { path: string; sha256: string }[] };
    };
    const tables = record.manifest.files.find(({ path }) => path.endsWith('tables.safetensors'))!;
    await rm(join(root, id!, 'objects', tables.sha256));
    const { session } = await create().read(id!);
    expect(session.runs).toEqual([]);
    expect(session.warnings).toHaveLength(1);
    expect(session.state).toHaveProperty('notes');
  });

  it.each([
    '',
    '{',
    '{}',
    '{"savedAt":"x","path":null,"tensors":[],"manifest":{"files":[{"path":"a","bytes":1,"sha256":"../../x"}]}}',
  ])('is not offered at all: %j', async (text) => {
    await mkdir(join(root, '0123456789abcdef'), { recursive: true });
    await writeFile(join(root, '0123456789abcdef', 'session.json'), text);
    expect(await create().list()).toEqual([]);
    await expect(create().read('0123456789abcdef')).rejects.toMatchObject({ code: 'io' });
  });
});

it('finds tensors again in the session file that they were opened from, unless it changed', async () => {
  await mkdir(root, { recursive: true });
  const file = join(root, '..', 'a.headscope');
  await writeFile(file, 'tensors');
  const tensors = { path: file, offset: 0, bytes: 7, sha256: 'ab'.repeat(32), identity: (await fileIdentity(file))! };
  const [run] = sampleContent().runs;
  const content = { ...sampleContent(), runs: [{ ...run!, tensors }] };
  await write(create(), content, file);
  await crash();
  const [id] = await readdir(root);
  expect((await create().read(id!)).session.runs[0]!.tensors).toEqual({ role: 'clean', ...tensors });
  await crash();
  await writeFile(file, 'others.');
  await utimes(file, 1, 1);
  expect((await create().read(id!)).session.runs[0]!.tensors).toBeNull();
});

it('says why the disk refused, and keeps what there was', async () => {
  const autosave = create();
  await write(autosave, sampleContent(null, 'one'));
  const [id] = await readdir(root);
  await rm(join(root, id!, 'objects'), { recursive: true });
  await writeFile(join(root, id!, 'objects'), 'in the way');
  await expect(write(autosave, sampleContent(null, 'two'))).rejects.toMatchObject({
    code: 'io',
    message: expect.stringMatching(/^Unsaved work could not be kept for recovery: /) as string,
  });
});
