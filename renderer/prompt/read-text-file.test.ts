// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { readTextFile } from './read-text-file.ts';

describe('readTextFile', () => {
  it('reads UTF-8, without mark and carriage returns', async () => {
    expect(await readTextFile(new File(['\uFEFFa\r\nå'], 'a.txt'))).toEqual({ text: 'a\nå' });
  });

  it.each([
    ['binary', new Uint8Array([1, 0, 2])],
    ['other encodings', new Uint8Array([0xe5, 0x61])],
  ])('refuses %s with a sentence', async (_, bytes) => {
    expect(await readTextFile(new File([bytes], 'b.bin'))).toHaveProperty('problem');
  });
});
