import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenView } from '../../model/token-view.ts';
import { axisText, fitText, keyImportance, spacedByImportance, spacedEvenly } from './axis-labels.ts';

const token = (display: string, text = display.replaceAll('·', ' ')): TokenView => ({
  id: 0,
  display,
  text,
  start: 0,
  end: 0,
  special: false,
});

describe('label choice', () => {
  const importance = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 200 });
  const gap = fc.double({ min: 0.2, max: 40, noNaN: true });

  it('never lets labels come closer than the gap, and leaves no room for another', () => {
    fc.assert(
      fc.property(importance, gap, (values, minGap) => {
        const chosen = spacedByImportance(values, minGap);
        const least = Math.max(1, Math.ceil(minGap - 1e-9));
        for (let i = 1; i < chosen.length; i++) expect(chosen[i]! - chosen[i - 1]!).toBeGreaterThanOrEqual(least);
        for (let i = 0; i < values.length; i++) {
          expect(chosen.some((index) => Math.abs(index - i) < least)).toBe(true);
        }
      }),
    );
  });

  it('takes the most important first, the forced ones before all', () => {
    expect(spacedByImportance([0.1, 0.9, 0.8, 0.1, 0.7], 2)).toEqual([1, 4]);
    expect(spacedByImportance([0.1, 0.9, 0.8, 0.1, 0.7], 2, [2])).toEqual([0, 2, 4]);
  });

  it('names every token when there is room', () => {
    expect(spacedByImportance([3, 1, 2], 0.5)).toEqual([0, 1, 2]);
    expect(spacedEvenly(4, 1)).toEqual([0, 1, 2, 3]);
  });

  it('only adds labels as one zooms in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), gap, (count, minGap) => {
        const coarse = spacedEvenly(count, minGap * 2).filter((index) => index < count - 1 - minGap * 4);
        const fine = new Set(spacedEvenly(count, minGap));
        for (const index of coarse) expect(fine.has(index)).toBe(true);
      }),
    );
  });

  it('keeps even labels apart around pins and the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), gap, fc.nat(400), (count, minGap, pin) => {
        const chosen = spacedEvenly(count, minGap, [pin]);
        const least = Math.max(1, Math.ceil(minGap - 1e-9));
        for (let i = 1; i < chosen.length; i++) expect(chosen[i]! - chosen[i - 1]!).toBeGreaterThanOrEqual(least);
        if (pin < count) expect(chosen).toContain(pin);
      }),
    );
  });

  it('prefers words to punctuation that gets as much attention', () => {
    const [word, comma] = keyImportance([token('·harbour'), token(',')], undefined) as unknown as [number, number];
    expect(word).toBeGreaterThan(comma);
  });
});

describe('label text', () => {
  it('drops the mark of a leading blank and nothing else', () => {
    expect(['·copper', '·', '··', '⏎', 'a·b'].map((display) => axisText(token(display)))).toEqual([
      'copper',
      '·',
      '··',
      '⏎',
      'a·b',
    ]);
  });

  it('shortens by whole characters and gives up below two', () => {
    const measure = (text: string) => Array.from(text).length * 6;
    expect(fitText('harbour', 42, measure)).toBe('harbour');
    expect(fitText('harbour', 30, measure)).toBe('harb…');
    expect(fitText('🙂🙂🙂🙂🙂', 24, measure)).toBe('🙂🙂🙂…');
    expect(fitText('harbour', 12, measure)).toBeUndefined();
  });
});
