import { describe, expect, it } from 'vitest';
import type { TokenView } from '../../shared/model/token-view.ts';
import { listedRange, placeText, readGoTo } from './go-to.ts';

const tokens: TokenView[] = ['The', ' cop', 'per', ' lamp', ' of', ' 1066', ' is', ' Cop', 'per', '.'].map(
  (text, id) => ({ id, text, display: text, start: -1, end: -1, special: false }),
);
const places = (text: string) => {
  const read = readGoTo(text, tokens);
  return read.kind === 'places' ? read.places.map(({ start, end }) => [start, end]) : read.kind;
};

describe('go to', () => {
  it('reads an index, and a cell', () => {
    expect(places('7')).toEqual([[7, 8]]);
    expect(places(' #3 ')).toEqual([[3, 4]]);
    expect(readGoTo('8,2', tokens)).toEqual({ kind: 'cell', query: 8, key: 2 });
    expect(readGoTo('8 → 2', tokens)).toEqual({ kind: 'cell', query: 8, key: 2 });
  });

  it('finds text over the borders of tokens, in either case', () => {
    expect(places('copper')).toEqual([
      [1, 3],
      [7, 9],
    ]);
    expect(places('PER L')).toEqual([[2, 4]]);
    expect(places('p')).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
      [7, 8],
      [8, 9],
    ]);
  });

  it('takes a number past the end for text', () => {
    expect(places('1066')).toEqual([[5, 6]]);
    expect(readGoTo('77', tokens)).toEqual({ kind: 'refused', why: 'The prompt has tokens 0 to 9.' });
  });

  it('says why it leads nowhere', () => {
    expect(readGoTo('  ', tokens)).toEqual({ kind: 'nothing' });
    expect(readGoTo('silver', tokens)).toEqual({ kind: 'refused', why: 'Not in the prompt.' });
    expect(readGoTo('2,8', tokens)).toEqual({ kind: 'refused', why: 'Key 8 lies in the future of query 2.' });
    expect(readGoTo('99,8', tokens)).toMatchObject({ kind: 'refused' });
    expect(readGoTo('a', [])).toEqual({ kind: 'nothing' });
  });

  it('shows a place with what stands around it', () => {
    expect(placeText({ start: 1, end: 3 }, tokens)).toEqual({
      before: 'The',
      match: ' copper',
      after: ' lamp of 1066 is Copper…',
    });
  });

  it('lists what is around the current one', () => {
    expect(listedRange(12, 3)).toEqual([0, 12]);
    expect(listedRange(500, 200)).toEqual([170, 230]);
    expect(listedRange(500, 499)).toEqual([440, 500]);
    expect(listedRange(500, -1)).toEqual([0, 60]);
  });
});
