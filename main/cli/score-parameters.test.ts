import { describe, expect, it } from 'vitest';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';
import { readScoreParameters } from './score-parameters.ts';

const parameter = { name: '', meaning: '', default: 0, min: 0, max: 1e6, integer: true };
const known = [
  makeScoreInfo('streaming', { parameters: [{ ...parameter, id: 'window' }] }),
  makeScoreInfo('tl-previous', { parameters: [{ ...parameter, id: 'exclude-bos', choices: ['no', 'yes'] }] }),
  makeScoreInfo('entropy'),
];
const read = (...given: string[]) => readScoreParameters(given, known);

describe('readScoreParameters', () => {
  it('reads numbers, and choices by name or number', () => {
    expect(read('streaming.window=64', 'tl-previous.exclude-bos=yes')).toEqual({
      streaming: { window: 64 },
      'tl-previous': { 'exclude-bos': 1 },
    });
    expect(read('tl-previous.exclude-bos=0')).toEqual({ 'tl-previous': { 'exclude-bos': 0 } });
    expect(read()).toEqual({});
  });

  it.each([
    ['window=64', 'Write --score-param streaming.window=64.'],
    ['streamin.window=64', 'There is no score “streamin”.'],
    ['streaming.size=64', 'The score streaming has window.'],
    ['entropy.size=64', 'The score entropy has none.'],
    ['streaming.window=wide', 'Give a number.'],
    ['tl-previous.exclude-bos=perhaps', 'Give one of no, yes.'],
  ])('says what is wrong with %s', (text, hint) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad-request', hint }) as Error);
  });
});
