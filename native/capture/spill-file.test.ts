import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpillCache } from './spill-cache.ts';
import { checkRoom, SpillFile, sweepSpills } from './spill-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headscope-spill-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const values = (from: number, count = 1000) => Float32Array.from({ length: count }, (_, i) => from + i);

describe('SpillFile', () => {
  it('gives back what was put, whatever was read in between, within its cache', async () => {
    const file = new SpillFile(path.join(folder, 'new'), new SpillCache(4000));
    const readers: (() => Float32Array)[] = [];
    for (let i = 0; i < 5; i++) readers.push(await file.put(values(i * 10_000)));
    for (const i of [4, 0, 0, 3, 1, 4]) expect(readers[i]!()).toEqual(values(i * 10_000));
    // The one used last is not read anew.
    expect(readers[4]!()).toBe(readers[4]!());
    file.release();
    expect(() => readers[0]!()).toThrow('no longer held');
  });

  it('lives as long as its last owner', async () => {
    const file = new SpillFile(folder, new SpillCache(0));
    const read = await file.put(values(7));
    file.retain();
    file.release();
    expect(read()).toEqual(values(7));
    file.release();
    expect(read).toThrow('no longer held');
    expect(() => file.retain()).toThrow('no longer held');
  });

  it('stops writing when it is cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    const file = new SpillFile(folder, new SpillCache(0));
    await expect(file.put(values(1), controller.signal)).rejects.toThrow('Cancelled');
    file.release();
  });

  it('shares its cache with others, and leaves nothing in it', async () => {
    const cache = new SpillCache(1e6);
    const [a, b] = [new SpillFile(folder, cache), new SpillFile(folder, cache)];
    const [readA, readB] = [await a.put(values(1)), await b.put(values(2))];
    const kept = readB();
    expect(readA()).toEqual(values(1));
    a.release();
    expect(readB()).toBe(kept);
    b.release();
  });

  it('says what is wrong where it cannot be made', () => {
    expect(() => new SpillFile('/dev/null/captures', new SpillCache(0))).toThrow(
      /cannot be kept in \/dev\/null\/captures/,
    );
    expect(() => checkRoom(folder, 2 ** 60)).toThrow(/needs 1073741824.0 GiB on disk; .* GiB left/);
    expect(() => checkRoom(folder, 1)).not.toThrow();
  });

  it.skipIf(process.platform !== 'linux')('fails with a sentence when the disk is full', async () => {
    const made = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'headscope', folder]);
    if (made.status !== 0) return;
    try {
      const file = new SpillFile(folder, new SpillCache(0));
      await expect(file.put(new Float32Array(100_000))).rejects.toMatchObject({
        code: 'io',
        message: expect.stringContaining('ENOSPC') as string,
      });
      file.release();
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});

it('sweeps what dead processes left, and nothing else', async () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const names = [`${dead}-0.capture`, `${process.pid}-9.capture`, 'notes.txt'];
  for (const name of names) await writeFile(path.join(folder, name), 'x');
  sweepSpills(folder);
  expect(readdirSync(folder).sort()).toEqual([`${process.pid}-9.capture`, 'notes.txt'].sort());
  sweepSpills(path.join(folder, 'missing'));
  expect(existsSync(path.join(folder, 'missing'))).toBe(false);
});
