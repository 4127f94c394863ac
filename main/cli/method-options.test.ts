import { describe, expect, it } from 'vitest';
import { listMethods } from '../../native/public/methods.ts';
import { readBudget, readMethodParameters } from './method-options.ts';

const badRequest = expect.objectContaining({ code: 'bad-request' }) as Error;
const snapkv = listMethods().find(({ id }) => id === 'snapkv')!;

describe('readMethodParameters', () => {
  it('reads numbers and the names of choices', () => {
    expect(readMethodParameters(['window=8', 'pooling=maximum', 'unit=1'], snapkv)).toEqual({
      window: 8,
      pooling: 1,
      unit: 1,
    });
  });
  it.each(['window', 'window=', 'window=a', 'pooling=most', 'none=1'])('refuses %j', (text) => {
    expect(() => readMethodParameters([text], snapkv)).toThrow(badRequest);
  });
});

describe('readBudget', () => {
  it('reads keys and shares', () => {
    expect(readBudget('256')).toEqual({ keys: 256 });
    expect(readBudget('12.5%')).toEqual({ share: 0.125 });
    expect(readBudget('100%')).toEqual({ share: 1 });
  });
  it.each(['', '0', '-1', '1.5', '0%', '101%', '%', 'all'])('refuses %j', (text) => {
    expect(() => readBudget(text)).toThrow(badRequest);
  });
});
