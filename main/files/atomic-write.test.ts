import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFileAtomic } from './atomic-write.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('creates folders, replaces files and leaves nothing else behind', async () => {
  const path = join(folder, 'a', 'b.json');
  await writeFileAtomic(path, 'one');
  await writeFileAtomic(path, 'two');
  expect(await readFile(path, 'utf8')).toBe('two');
  expect(await readdir(join(folder, 'a'))).toEqual(['b.json']);
});

it('cleans up when the target cannot be replaced', async () => {
  await writeFileAtomic(join(folder, 'x', 'inner'), '');
  await expect(writeFileAtomic(join(folder, 'x'), 'text')).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['x']);
});
