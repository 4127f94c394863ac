import { describe, expect, it } from 'vitest';
import { parseCase } from './cases.ts';
import { DEFAULT_VARIANTS, parseVariant } from './variant.ts';

describe('parseVariant', () => {
  it('reads a method, and the kernel of ours', () => {
    expect(parseVariant('plain')).toEqual({ name: 'plain', method: 'plain', kernel: 'best' });
    expect(parseVariant('stats-avx2')).toEqual({ name: 'stats-avx2', method: 'stats', kernel: 'avx2' });
    expect(parseVariant('capture-onnx')).toEqual({ name: 'capture-onnx', method: 'capture', kernel: 'onnx' });
  });
  it('knows the defaults', () => {
    expect(DEFAULT_VARIANTS.map((name) => parseVariant(name).name)).toEqual(DEFAULT_VARIANTS);
  });
  it.each(['', 'fast', 'plain-avx2', 'materialised-onnx', 'stats-neon', 'stats-avx2-onnx', 'Stats'])(
    'refuses %j',
    (name) => {
      expect(() => parseVariant(name)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    },
  );
});

describe('parseCase', () => {
  it('knows the cases', () => expect(parseCase('gqa')).toBe('gqa'));
  it('refuses others, with those there are', () => {
    expect(() => parseCase('gpt3')).toThrow(
      expect.objectContaining({
        code: 'bad-request',
        hint: 'Cases are gpt2-small, gqa, kernel, tiles, suffix, scores, sweep, methods.',
      }),
    );
  });
});
