import { describe, expect, it } from 'vitest';
import { createConsole } from '../console.ts';
import { createProgram } from '../program.ts';
import { cacheFolder, readLengths } from './bench.ts';

const silent = { out: { write: () => true }, err: { write: () => true }, setExitCode: () => undefined };
const parse = (...args: string[]) =>
  createProgram(createConsole(false, silent)).parseAsync(['node', 'headscope', 'bench', ...args]);

describe('bench', () => {
  it('takes a file after --json, and says which case it does not know', async () => {
    await expect(parse('--json', 'out.json', '--case', 'gpt9')).rejects.toMatchObject({
      code: 'bad-request',
      message: '“gpt9” is no case.',
    });
  });

  it.each([
    [['--variants', 'plain-avx2'], 'bad-request'],
    [['--lengths', '12,x'], 'bad-request'],
    [['--repeats', '0'], 'commander.invalidArgument'],
    [['extra'], 'commander.excessArguments'],
  ])('refuses %j', async (args, code) => {
    await expect(parse(...args)).rejects.toMatchObject({ code });
  });
});

describe('readLengths', () => {
  it('reads numbers', () => expect(readLengths('64, 512,32768')).toEqual([64, 512, 32768]));
  it.each(['', '0', '1.5', '32769', '64,', '-1'])('refuses %j', (text) => {
    expect(() => readLengths(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});

describe('cacheFolder', () => {
  it('is in the cache of the user, or the temporary folder', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/headscope/bench');
    expect(cacheFolder({ XDG_CACHE_HOME: '' })).toMatch(/headscope-bench$/);
  });
});
