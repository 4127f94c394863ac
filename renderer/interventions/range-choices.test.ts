// @vitest-environment node
import { expect, it } from 'vitest';
import { createAppStore, patch } from '../state/store.ts';
import { foldTokens, pinToken } from '../state/edits.ts';
import { rangeChoices, rangesText, rangesWord } from './range-choices.ts';

it('offers what is marked on screen, of this prompt', () => {
  const store = createAppStore();
  const clean = { key: '0/r1', runId: 'r1', tokens: 10, cutTokens: 0, badge: 'exact', interventions: '' } as const;
  patch(store, 'run', { clean, source: { kind: 'text', text: 'a b c', bos: true } });
  expect(rangeChoices(store.getState(), 'rows')).toEqual([]);
  pinToken(store, 4);
  foldTokens(store, 2, 5, 'needle');
  patch(store, 'ui', { tokenRange: { start: 1, end: 3 } });
  patch(store, 'view', { brush: { of: clean.key, region: { rowStart: 5, rowEnd: 8, keyStart: 0, keyEnd: 2 } } });
  const texts = (of: 'rows' | 'keys') =>
    rangeChoices(store.getState(), of).map(({ name, ranges }) => `${name} ${rangesText(ranges)}`);
  expect(texts('rows')).toEqual([
    'Selection on the strip 1–2',
    'Pinned token 4',
    'Queries of the rectangle 5–7',
    '“needle” 2–4',
  ]);
  expect(texts('keys')[2]).toBe('Keys of the rectangle 0–1');
  patch(store, 'run', { clean: { ...clean, key: '0/r2' }, source: { kind: 'text', text: 'other', bos: true } });
  expect(texts('rows')).toEqual(['Selection on the strip 1–2', 'Pinned token 4']);
});

it('names segments, and positions otherwise', () => {
  expect(rangesWord([{ start: 2, end: 5, name: 'needle' }])).toBe('“needle”');
  expect(
    rangesWord([
      { start: 2, end: 5, name: 'needle' },
      { start: 7, end: 8 },
    ]),
  ).toBe('2–4, 7');
});
