import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readPrompt } from './prompt-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'headscope-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

it('reads text, files and ids', async () => {
  expect(await readPrompt({ text: 'a' }, true)).toEqual({ kind: 'text', text: 'a', bos: true });
  expect(await readPrompt({ text: '', bos: false }, true)).toEqual({ kind: 'text', text: '', bos: false });
  const text = file('a.txt', 'Ünï\n');
  expect(await readPrompt({ file: text }, false)).toEqual({ kind: 'text', text: 'Ünï\n', bos: false });
  for (const json of ['[1, 2]', '{"ids": [1, 2]}']) {
    expect(await readPrompt({ ids: file('a.json', json) }, true)).toEqual({ kind: 'ids', ids: Int32Array.of(1, 2) });
  }
});

it('refuses none and several, and files that are not what they should be', async () => {
  await expect(readPrompt({}, true)).rejects.toMatchObject({ code: 'bad-request' });
  await expect(readPrompt({ text: 'a', ids: 'b' }, true)).rejects.toMatchObject({ code: 'bad-request' });
  await expect(readPrompt({ file: join(folder, 'none') }, true)).rejects.toMatchObject({ code: 'io' });
  await expect(readPrompt({ file: file('b.txt', Uint8Array.of(0xff)) }, true)).rejects.toMatchObject({ code: 'io' });
  for (const json of ['[1.5]', '[-1]', '{"ids": "x"}', '[', '[4294967296]']) {
    await expect(readPrompt({ ids: file('b.json', json) }, true)).rejects.toMatchObject({ code: 'bad-request' });
  }
});
