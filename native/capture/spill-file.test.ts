import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRoom, SpillFile, sweepSpills } from './spill-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headscope-spill-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const values = (from: number, count = 1000) => Float32Array.from({ length: count }, (_, i) => from + i);

describe('SpillFile', () => {
  it('gives back what was put, whatever was read in between, within its cache', async () => {
    const file = new SpillFile(path.join(folder, 'new'), 4000);
    const readers: (() => Float32Array)[] = [];
    for (let i = 0; i < 5; i++) readers.push(await file.put(values(i * 10_000)));
    for (const i of [4, 0, 0, 3, 1, 4]) expect(readers[i]!()).toEqual(values(i * 10_000));
    // The one used last is not read anew.
    expect(readers[4]!()).toBe(readers[4]!());
    file.release();
    expect(() => readers[0]!()).toThrow('no longer held');
  });

  it('lives as long as its last owner', async () => {
    const file = new SpillFile(folder, 0);
    const read = await file.put(values(7));
    file.retain();
    file.release();
    expect(read()).toEqual(values(7));
    file.release();
    expect(read).toThrow('no longer held');
  });

  it('says what is wrong where it cannot be made', () => {
    expect(() => new SpillFile('/dev/null/captures', 0)).toThrow(/cannot be kept in \/dev\/null\/captures/);
    expect(() => checkRoom(folder, 2 ** 60)).toThrow(/needs 1073741824.0 GiB on disk; .* GiB left/);
    expect(() => checkRoom(folder, 1)).not.toThrow();
  });

  it.skipIf(process.platform !== 'linux')('fails with a sentence when the disk is full', async () => {
    const made = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'headscope', folder]);
    if (made.status !== 0) return;
    try {
      const file = new SpillFile(folder, 0);
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
