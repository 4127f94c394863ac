/** A saving process is killed at 200 moments, as a crash or `kill -9` would: the last good state opens every time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPrng, type Prng } from '../../../shared/base/prng.ts';
import { createAutosave } from './autosave.ts';
import { backupOf, openSessionFile, saveSessionFile } from './session-file.ts';
import { SAMPLE_OPTIONS, sampleContent } from './testing/sample-session.ts';
import { openZip } from './zip-source.ts';

const KILLS = 200;
const AUTOSAVE_KILLS = 40;
/** Side by side, each in a folder of its own. */
const LANES = 4;
/** A save of the child takes about this long. */
const SAVE_MS = 120;

let folder: string;
let child: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
  child = join(folder, 'child.mjs');
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(new URL('testing/save-for-ever.ts', import.meta.url)),
      outDir: folder,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'child.mjs' } },
    },
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the child until it is killed; the number of the last save that it reported. */
async function saveUntilKilled(what: 'file' | 'autosave', path: string, first: number, prng: Prng): Promise<number> {
  const saving = spawn(process.execPath, [child, what, path, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  saving.stdout.on('data', (text: Buffer) => (said += text.toString()));
  await once(saving.stdout, 'data');
  const gone = once(saving, 'close');
  // Half of the moments by the clock; half just after something happened in the folder, for the short phases.
  await (prng.next() < 0.5
    ? sleep(prng.next() * 2 * SAVE_MS)
    : folderEvents(what === 'file' ? join(path, '..') : path, 1 + prng.integer(8)));
  saving.kill('SIGKILL');
  const [code, signal] = (await gone) as [number | null, string | null];
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  const turns = said.trim().split('\n').slice(1).map(Number);
  return turns.at(-1) ?? first - 1;
}

/** Resolves when names in the folder changed so many times. */
function folderEvents(watched: string, count: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    const watcher = watch(watched, { recursive: true }, (type) => {
      if (type === 'rename') seen += 1;
      if (seen < count) return;
      watcher.close();
      resolve();
    });
  });
}

/** How far the save had come, by what it left. */
async function phaseOf(path: string): Promise<string> {
  const names = await readdir(join(path, '..'));
  const left = (start: string) => names.find((name) => name.startsWith(start) && name.endsWith('.tmp'));
  const backup = left('.a.headscope.bak.');
  if (backup !== undefined) return 'backup being named';
  const temporary = left('.a.headscope.');
  if (temporary === undefined) return 'between two files';
  if (!(await isZip(join(path, '..', temporary)))) return 'file being written';
  return (await inode(path)) === (await inode(backupOf(path)))
    ? 'before the last rename'
    : 'file complete, not yet kept';
}

async function isZip(path: string): Promise<boolean> {
  try {
    await (await openZip(path)).close();
    return true;
  } catch {
    return false;
  }
}

async function inode(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino;
}

async function turnOf(path: string): Promise<number> {
  const { state, runs, warnings } = await openSessionFile(path);
  expect([warnings, runs.length <= 1]).toEqual([[], true]);
  return Number((state['notes']!.data as { text: string }).text);
}

async function lane(number: number, kills: number, phases: Map<string, number>): Promise<void> {
  const place = await mkdtemp(join(folder, 'lane-'));
  const path = join(place, 'a.headscope');
  const prng = createPrng(5, number);
  let turn = 0;
  await saveSessionFile(path, sampleContent(null, '0'), SAMPLE_OPTIONS);
  for (let kill = 0; kill < kills; kill++) {
    const reported = await saveUntilKilled('file', path, turn + 1, prng);
    const phase = await phaseOf(path);
    phases.set(phase, (phases.get(phase) ?? 0) + 1);
    // What was reported is there, or the one after it, which was complete but not yet reported.
    const found = await turnOf(path);
    expect([reported, reported + 1]).toContain(found);
    if ((await inode(backupOf(path))) !== undefined) expect([found, found - 1]).toContain(await turnOf(backupOf(path)));
    turn = found;
  }
  await saveSessionFile(path, sampleContent(null, 'last'), SAMPLE_OPTIONS);
  expect((await readdir(place)).sort()).toEqual(['a.headscope', 'a.headscope.bak']);
}

it('loses nothing when it is killed while it saves', { timeout: 300_000 }, async () => {
  const phases = new Map<string, number>();
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(i, KILLS / LANES, phases)));
  console.info(`${KILLS} kills of a saving process:`, Object.fromEntries([...phases].sort()));
  expect([...phases.values()].reduce((sum, count) => sum + count)).toBe(KILLS);
  expect(phases.get('file being written')).toBeGreaterThan(KILLS / 10);
});

it('keeps the last unsaved work when it is killed while it keeps it', { timeout: 300_000 }, async () => {
  const root = await mkdtemp(join(folder, 'autosave-'));
  const prng = createPrng(6);
  const recovered = { reported: 0, next: 0, none: 0 };
  for (let kill = 0; kill < AUTOSAVE_KILLS; kill++) {
    const reported = await saveUntilKilled('autosave', root, 1, prng);
    const autosave = createAutosave(root);
    const [found, ...others] = await autosave.list();
    expect(others).toEqual([]);
    if (found) {
      const { session } = await autosave.read(found.id);
      expect(session.warnings).toEqual([]);
      await autosave.goOn(found.id, 'recovered', false);
      const turn = Number((session.state['notes']!.data as { text: string }).text);
      expect([reported, reported + 1]).toContain(turn);
      recovered[turn === reported ? 'reported' : 'next'] += 1;
    } else {
      expect(reported).toBe(0);
      recovered.none += 1;
    }
    await autosave.clear();
    autosave.dispose();
    await autosave.sweep();
    expect(await readdir(root)).toEqual([]);
  }
  console.info(`${AUTOSAVE_KILLS} kills of a process that keeps unsaved work:`, recovered);
  expect(recovered.reported + recovered.next).toBeGreaterThan(0);
});
