import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTHING_CARRIED, type SessionContent } from './session-content.ts';
import { backupOf, openSessionFile, saveSessionFile } from './session-file.ts';
import { SAMPLE_OPTIONS, sampleContent, sampleRun, SMALL } from './testing/sample-session.ts';
import { openZip } from './zip-source.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
  path = join(folder, 'a.headscope');
});
afterEach(() => rm(folder, { recursive: true }));

const save = (content: SessionContent, extra = {}) => saveSessionFile(path, content, { ...SAMPLE_OPTIONS, ...extra });
const notes = async (file = path) => (await openSessionFile(file)).state['notes']?.data;

/** Content with the bytes of a file as tensors. */
async function withTensors(bytes: Uint8Array): Promise<SessionContent> {
  const tensors = join(folder, 'q.tensors');
  await writeFile(tensors, Buffer.concat([Uint8Array.of(9, 9), bytes]));
  const [run] = sampleContent().runs;
  return { ...sampleContent(), runs: [{ ...run!, tensors: { path: tensors, offset: 2, bytes: bytes.length } }] };
}

describe('saving and opening', () => {
  it('gives back every number bit for bit, and the rest', async () => {
    const content = sampleContent();
    const saved = await save(content);
    const opened = await openSessionFile(path);
    expect(opened).toMatchObject({ warnings: [], state: content.state, keptState: {}, carried: NOTHING_CARRIED });
    const run = content.runs[0]!.run;
    expect(opened.runs).toEqual([
      { role: 'clean', run: { ...run, summary: { ...run.summary, runId: 'clean' } }, tensors: null },
    ]);
    expect(opened.manifest).toEqual(saved.manifest);
    expect(saved.bytes).toBe((await stat(path)).size);
    expect(opened.manifest).toMatchObject({
      format: 'headscope-session',
      formatVersion: 1,
      minReader: 1,
      app: { name: 'headscope', version: '0.1.0' },
      savedAt: '2026-02-03T04:05:06.000Z',
      model: { id: 'ab'.repeat(32), name: 'sample' },
      prompt: { tokens: 5 },
      provider: 'cpu',
      badges: ['exact', '8-bit'],
    });
  });

  it('says in the manifest that maps are in 8 bits where they have no tensors', async () => {
    const run = sampleRun(SMALL);
    const file = join(folder, 'tensors');
    await writeFile(file, 'tensors');
    const content = sampleContent(run);
    const tensors = { path: file, offset: 0, bytes: 7 };
    const whole = { ...content, runs: content.runs.map((part) => ({ ...part, tensors })) };
    expect((await save(whole)).manifest.badges).toEqual(['exact']);
    expect((await save(sampleContent({ ...run, maps: [] }))).manifest.badges).toEqual(['exact']);
  });

  it('hashes the prompt as little-endian int32', async () => {
    const run = sampleRun(SMALL);
    const { manifest } = await save(sampleContent(run));
    const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(run.summary.ids.buffer as ArrayBuffer));
    expect(manifest.prompt?.sha256).toBe(Buffer.from(digest).toString('hex'));
  });

  it('writes the same bytes for the same content', async () => {
    await save(await withTensors(Uint8Array.of(1, 2, 3)));
    const first = await readFile(path);
    await save(await withTensors(Uint8Array.of(1, 2, 3)));
    expect((await readFile(path)).equals(first)).toBe(true);
  });

  it('begins with its kind, and holds notes that can be read without Headscope', async () => {
    await save(sampleContent(null, '# Mine\n'));
    const bytes = await readFile(path);
    expect(bytes.subarray(30, 80).toString()).toMatch(/^mimetypeapplication\/vnd\.headscope\.session\+zipPK/);
    const source = await openZip(path);
    expect([...source.sizes.keys()]).toEqual(['mimetype', 'manifest.json', 'state.json', 'notes.md']);
    expect(Buffer.from(await source.read('notes.md', 100)).toString()).toBe('# Mine\n');
    await source.close();
  });

  it('stores tensors as they are, at a place that can be read directly', async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i % 7);
    const { tensors } = await save(await withTensors(bytes));
    const part = tensors.get('clean')!;
    expect(part).toMatchObject({ path, bytes: 5000 });
    const stored = async (offset: number) => (await readFile(path)).subarray(offset, offset + 5000);
    expect((await stored(part.offset)).equals(bytes)).toBe(true);
    const { runs } = await openSessionFile(path);
    expect(runs[0]!.tensors).toMatchObject(part);
    // Saving again takes them from the file itself. The manifest before them, packed, has a new time and size in it.
    const again = (await save({ ...sampleContent(), runs })).tensors.get('clean')!;
    expect(again).toEqual({ ...part, offset: again.offset });
    expect((await stored(again.offset)).equals(bytes)).toBe(true);
  });

  it('leaves out tensors that were changed, and does not save them', async () => {
    const { tensors } = await save(await withTensors(Uint8Array.of(1, 2, 3)));
    const { runs } = await openSessionFile(path);
    const bytes = await readFile(path);
    bytes[tensors.get('clean')!.offset]! ^= 1;
    await writeFile(path, bytes);
    const { runs: found, warnings } = await openSessionFile(path);
    expect(found[0]!.tensors).toBeNull();
    expect(warnings).toEqual([
      'The tensors of the clean run are damaged and were left out: its maps are shown as they were stored.',
    ]);
    const elsewhere = saveSessionFile(join(folder, 'b.headscope'), { ...sampleContent(), runs }, SAMPLE_OPTIONS);
    await expect(elsewhere).rejects.toMatchObject({ code: 'session-invalid' });
    expect(await readdir(folder)).not.toContain('b.headscope');
  });

  it('writes back what it does not know', async () => {
    const later = { version: 7, data: { a: [1, null, { b: 'c' }] } };
    const content: SessionContent = {
      ...sampleContent(),
      state: { ...sampleContent().state, heatwave: later },
      carried: {
        manifest: { flavour: { mint: true }, savedAt: 'never' },
        entries: new Map([['previews/a.png', Uint8Array.of(1, 2)]]),
      },
    };
    await save(content);
    for (let round = 0; round < 2; round++) {
      const opened = await openSessionFile(path);
      expect(opened.keptState).toEqual({ heatwave: later });
      expect(opened.carried.manifest).toEqual({ flavour: { mint: true } });
      expect([...opened.carried.entries]).toEqual([['previews/a.png', Uint8Array.of(1, 2)]]);
      await save({ ...content, state: { ...opened.state, ...opened.keptState }, carried: opened.carried });
    }
    expect((await openSessionFile(path)).manifest).toMatchObject({ savedAt: '2026-02-03T04:05:06.000Z' });
  });

  it('reports progress, and stops when it is cancelled without a trace', async () => {
    await save(sampleContent(null, 'before'));
    const seen: number[] = [];
    await save(await withTensors(new Uint8Array(3_000_000)), { onBytes: (done: number) => seen.push(done) });
    expect(seen.at(-1)).toBeGreaterThan(3_000_000);
    const controller = new AbortController();
    const cancelled = save(await withTensors(new Uint8Array(3_000_000)), {
      signal: controller.signal,
      onBytes: () => controller.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    expect((await readdir(folder)).sort()).toEqual(['a.headscope', 'a.headscope.bak', 'q.tensors']);
  });
});

describe('the backup', () => {
  it('is the state before', async () => {
    for (const text of ['one', 'two', 'three']) await save(sampleContent(null, text));
    expect([await notes(), await notes(backupOf(path))]).toEqual([{ text: 'three' }, { text: 'two' }]);
    expect((await readdir(folder)).sort()).toEqual(['a.headscope', 'a.headscope.bak']);
  });

  it('is told of when the file is damaged, and is not pushed out by it', async () => {
    for (const text of ['one', 'two']) await save(sampleContent(null, text));
    await writeFile(path, (await readFile(path)).subarray(0, 150));
    await expect(openSessionFile(path)).rejects.toMatchObject({
      code: 'session-invalid',
      message: expect.stringContaining('Its backup, a.headscope.bak, can be opened.') as string,
      details: { backup: backupOf(path) },
    });
    expect(await notes(backupOf(path))).toEqual({ text: 'one' });
    await save(sampleContent(null, 'three'));
    expect([await notes(), await notes(backupOf(path))]).toEqual([{ text: 'three' }, { text: 'one' }]);
  });

  it('is not told of when it is damaged too', async () => {
    await writeFile(path, 'PK');
    await writeFile(backupOf(path), 'PK');
    await expect(openSessionFile(path)).rejects.toMatchObject({
      code: 'session-invalid',
      message: 'a.headscope is no session file, or it is damaged: its end is missing.',
      hint: 'Open another copy of it.',
      details: undefined,
    });
  });
});

describe('what is in the way', () => {
  it('is not replaced when it is no session or a later one, unless it was chosen', async () => {
    await writeFile(path, 'my thesis');
    await expect(save(sampleContent())).rejects.toMatchObject({ code: 'not-allowed' });
    expect(await readFile(path, 'utf8')).toBe('my thesis');
    await save(sampleContent(null, 'mine'), { replaceAnything: true });
    expect(await notes()).toEqual({ text: 'mine' });
    expect(await readdir(folder)).toEqual(['a.headscope']);
  });

  it('keeps its permissions', async () => {
    await save(sampleContent());
    await chmod(path, 0o640);
    await save(sampleContent());
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  it('loses what a dead process left beside it, and only that', async () => {
    await save(sampleContent());
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const machine = /\.([0-9a-f]{8})-/.exec((await import('./temporary-files.ts')).temporaryFor(path))![1]!;
    const names = {
      dead: `.a.headscope.${machine}-${dead}-1.tmp`,
      living: `.a.headscope.${machine}-${process.pid}-1.tmp`,
      elsewhere: `.a.headscope.00000000-${dead}-1.tmp`,
      old: `.b.headscope.00000000-1-1.tmp`,
      other: '.a.headscope.tmp',
    };
    for (const name of Object.values(names)) await writeFile(join(folder, name), 'x');
    await utimes(join(folder, names.old), 0, 0);
    await save(sampleContent());
    const left = (await readdir(folder)).filter((name) => name.startsWith('.'));
    expect(left.sort()).toEqual([names.living, names.elsewhere, names.other].sort());
  });
});

describe('a disk that refuses', () => {
  const io = (message: RegExp) => ({ code: 'io', message: expect.stringMatching(message) as string });

  it('is named: no folder, a file for a folder, a folder for a file', async () => {
    await mkdir(join(folder, 'c.headscope'));
    await writeFile(join(folder, 'file'), '');
    const at = (place: string) => saveSessionFile(join(folder, place), sampleContent(), SAMPLE_OPTIONS);
    await expect(at('gone/a.headscope')).rejects.toMatchObject(io(/^a\.headscope could not be saved: the folder/));
    await expect(at('file/a.headscope')).rejects.toMatchObject(io(/its folder is a file/));
    await expect(at('c.headscope')).rejects.toMatchObject({ code: 'not-allowed' });
    expect((await readdir(folder)).sort()).toEqual(['c.headscope', 'file']);
    await expect(openSessionFile(join(folder, 'none'))).rejects.toMatchObject(io(/^none could not be read/));
    await expect(openSessionFile(folder)).rejects.toMatchObject({ code: 'session-invalid' });
  });

  it.skipIf(process.platform === 'win32')('is not waited for where it is no disk', async () => {
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    await expect(openSessionFile(path)).rejects.toMatchObject({ code: 'session-invalid' });
    await expect(save(sampleContent())).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it.skipIf(process.getuid?.() === 0)('is named: a read-only folder, a read-only file', async () => {
    await save(sampleContent(null, 'old'));
    await chmod(path, 0o400);
    await expect(save(sampleContent())).rejects.toMatchObject(io(/not permitted/));
    await chmod(path, 0o600);
    await chmod(folder, 0o500);
    await expect(save(sampleContent())).rejects.toMatchObject(io(/not permitted/));
    await chmod(folder, 0o700);
    expect(await notes()).toEqual({ text: 'old' });
  });

  it.skipIf(process.platform !== 'linux')('is named: full, read-only', async () => {
    const made = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'headscope', folder]);
    if (made.status !== 0) return;
    try {
      await save(sampleContent(null, 'old'));
      const big = sampleRun({ layers: 2, heads: 2, tokens: 1024, viewed: 4 });
      await expect(save(sampleContent(big))).rejects.toMatchObject(io(/no space left on the disk/));
      expect(await readdir(folder)).toEqual(['a.headscope']);
      expect(await notes()).toEqual({ text: 'old' });
      expect(spawnSync('mount', ['-o', 'remount,ro', folder]).status).toBe(0);
      await expect(save(sampleContent())).rejects.toMatchObject(io(/read-only/));
      expect(await notes()).toEqual({ text: 'old' });
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});

it('is a zip file that Python reads', async () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  await save(await withTensors(bytes));
  const script = `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
info = z.getinfo('runs/clean/tensors.safetensors')
assert info.compress_type == zipfile.ZIP_STORED
assert z.read(info) == bytes(range(100))
print(' '.join(z.namelist()))`;
  const python = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' });
  if (python.error) return;
  expect(python.stderr).toBe('');
  expect(python.stdout.trim()).toBe(
    'mimetype manifest.json state.json notes.md runs/clean/run.json runs/clean/tables.safetensors runs/clean/tensors.safetensors',
  );
});
