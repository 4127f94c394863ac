import { describe, expect, it } from 'vitest';
import { readSampling, type SamplingOptions } from './sampling-options.ts';

describe('readSampling', () => {
  it('is greedy without options', () => expect(readSampling({})).toEqual({ kind: 'greedy' }));

  it('fills in temperature 1 and seed 0', () => {
    expect(readSampling({ topK: 5 })).toEqual({ kind: 'sample', temperature: 1, topK: 5, seed: 0 });
    expect(readSampling({ temperature: 0.7, topP: 0.9, seed: 3 })).toEqual({
      kind: 'sample',
      temperature: 0.7,
      topP: 0.9,
      seed: 3,
    });
  });

  it.each<SamplingOptions>([
    { seed: 1 },
    { temperature: 0 },
    { temperature: NaN },
    { topK: 0 },
    { topK: 1.5 },
    { topP: 0 },
    { topP: 1.1 },
    { temperature: 1, seed: -1 },
    { temperature: 1, seed: 2 ** 32 },
  ])('refuses %j', (options) => {
    expect(() => readSampling(options)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
