import { describe, expect, it } from 'vitest';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { cellText, columnText, nameOfSpan, rowText, spanText, type CellQuestion } from './words.ts';

const tokens: TokenView[] = Array.from({ length: 1200 }, (_, index) => {
  const display = index === 1018 ? '·Maren' : index === 24 ? '·copper' : '·the';
  return { id: index, display, text: display.replace('·', ' '), start: 0, end: 0, special: false };
});
const question: CellQuestion = {
  cell: { query: 1018, key: 24 },
  tokens,
  out: { skipKeys: 0, renormalise: false, withoutKeys: [] },
  reading: { probability: 0.613, logit: 7.214, rank: 1, visible: 1019 },
  texel: 0.613,
  value: 'probability',
  reducer: 'max',
  level: 0,
};

describe('the line under the map', () => {
  it('reads a cell in words', () => {
    expect(cellText(question)).toBe(
      'query 1,018 “Maren” → key 24 “copper”: p = 0.613, rank 1 of 1,019 keys, logit 7.21',
    );
  });

  it('says what the texel stands for at a coarse level', () => {
    expect(cellText({ ...question, level: 2, texel: 0.7 })).toMatch(/logit 7\.21 · max of 4×4 cells: 0\.700$/);
    expect(cellText({ ...question, level: 1, value: 'logit', texel: 8 })).toMatch(/ · logit, max of 2×2 cells: 8\.00$/);
  });

  it('says at once what the tile knows, before the full reading is here', () => {
    expect(cellText({ ...question, reading: undefined })).toBe('query 1,018 “Maren” → key 24 “copper”: p = 0.613');
    expect(cellText({ ...question, reading: undefined, texel: undefined })).toBe(
      'query 1,018 “Maren” → key 24 “copper”',
    );
  });

  it('says what a row was divided by, and which key was left out', () => {
    const out = { skipKeys: 2, renormalise: true, withoutKeys: [40] };
    expect(cellText({ ...question, out })).toMatch(/: p = 0\.613 without keys 0 to 1, rank 1 of/);
    expect(cellText({ ...question, out: { ...out, renormalise: false } })).toMatch(/: p = 0\.613, rank 1 of/);
    const sink = { ...question, cell: { query: 1018, key: 1 } };
    expect(cellText({ ...sink, out })).toMatch(/: p = 0\.613, rank 1 .*, left out of the map$/);
    expect(cellText({ ...sink, out, reading: undefined, texel: NaN })).toMatch(/: left out of the map$/);
  });

  it('says why a cell is masked', () => {
    expect(cellText({ ...question, cell: { query: 3, key: 7 } })).toMatch(/in the future of the query, masked$/);
    expect(cellText({ ...question, reading: undefined, texel: NaN })).toMatch(/not visible to the query$/);
  });

  it('reads rows and columns from the profile', () => {
    const profile: HeadProfile = {
      entropy: new Float32Array(1200).fill(2.5),
      firstToken: new Float32Array(1200).fill(0.25),
      rowMax: new Float32Array(1200).fill(0.5),
      rowArgmax: new Int32Array(1200).fill(24),
      columnMean: new Float32Array(1200).fill(0.125),
      distance: new Float32Array(12),
    };
    expect(rowText(1018, tokens, profile, [{ key: 0, values: profile.firstToken }])).toBe(
      'query 1,018 “Maren”: attention on key 0 is 0.250, entropy 2.50 of at most 6.93 nats, largest 0.500 on key 24 “copper”',
    );
    const two = [
      { key: 13, values: profile.firstToken },
      { key: 1100, values: profile.firstToken },
    ];
    expect(rowText(1018, tokens, profile, two)).toMatch(/: attention on key 13 is 0\.250, entropy/);
    expect(columnText(1199, tokens, profile)).toBe(
      'key 1,199 “the”: mean attention 0.125 over the 1 query that can see it',
    );
    expect(rowText(1018, tokens, undefined, [])).toBe('query 1,018 “Maren”');
  });
});

describe('spans', () => {
  it('are said by their ends, their length and their text, cut where it is long', () => {
    expect(spanText(23, 26, tokens)).toBe('23–25, 3 tokens: “the copper the”');
    expect(spanText(0, 1200, tokens, 11)).toBe('0–1,199, 1,200 tokens: “the the the…”');
    expect(spanText(24, 25, tokens)).toBe('24 “copper”');
    expect(nameOfSpan(23, 25, tokens)).toBe('the copper');
    expect(nameOfSpan(23, 40, tokens)).toBe('the copper…');
  });
});
