import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spacedEvenly } from './axis-labels.ts';
import { foldText, placeAxis } from './place-labels.ts';

const measure = (text: string) => text.length * 6;

describe('labels of an axis', () => {
  it('are one bracket for a folded span, with its name in the middle of what is in view', () => {
    const folds = [{ start: 10, end: 20, name: 'needle' }];
    const axis = { start: 0, cellPx: 10, lengthPx: 400, gapPx: 14, chosen: [0, 4, 8, 12, 16, 20, 24], folds };
    const { labels, brackets } = placeAxis(axis);
    expect(labels.map(({ index }) => index)).toEqual([0, 4, 8, 20, 24]);
    expect(brackets).toEqual([{ fold: folds[0], startPx: 100, endPx: 200, labelPx: 150 }]);
    expect(placeAxis({ ...axis, start: 16 }).brackets[0]).toMatchObject({ startPx: 0, endPx: 40, labelPx: 20 });
    expect(placeAxis({ ...axis, start: 30 }).brackets).toEqual([]);
  });

  it('never stand closer than they may, and stay inside', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 80 }));
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 6 }),
        fc.double({ min: 0.2, max: 40, noNaN: true }),
        fc.integer({ min: 0, max: 900 }),
        (spans, cellPx, start) => {
          const gapPx = 23;
          const folds = spans.map(([from, length]) => ({ start: from, end: from + length, name: 'x' }));
          const chosen = spacedEvenly(1000, Math.ceil(gapPx / cellPx));
          const { labels, brackets } = placeAxis({ start, cellPx, lengthPx: 500, gapPx, chosen, folds });
          const places = [
            ...labels.map(({ atPx }) => atPx),
            ...brackets.flatMap(({ labelPx }) => (labelPx === undefined ? [] : [labelPx])),
          ].sort((a, b) => a - b);
          for (const [index, place] of places.entries()) {
            expect(place).toBeGreaterThanOrEqual(0);
            expect(place).toBeLessThanOrEqual(500);
            if (index > 0) expect(place - places[index - 1]!).toBeGreaterThan(gapPx - 1e-5);
          }
        },
      ),
    );
  });

  it('shorten the name and keep the count', () => {
    const fold = { start: 3, end: 15, name: 'the needle of the story' };
    expect(foldText(fold, 400, measure)).toBe('the needle of the story (12 tokens)');
    expect(foldText(fold, 180, measure)).toBe('the needle of the story (12)');
    expect(foldText(fold, 90, measure)).toBe('the needl… (12)');
    expect(foldText(fold, 40, measure)).toBe('12');
    expect(foldText({ ...fold, name: ' ' }, 90, measure)).toBe('12 tokens');
    expect(foldText(fold, 6, measure)).toBeUndefined();
    expect(foldText({ start: 3, end: 4, name: 'a' }, 400, measure)).toBe('a (1 token)');
  });
});
