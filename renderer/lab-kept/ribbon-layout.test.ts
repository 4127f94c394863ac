// @vitest-environment node
import { expect, it } from 'vitest';
import { cellUnder, namedApart, poolText, ribbonLayout } from './ribbon-layout.ts';

it('gives cells of their own to a short prompt', () => {
  const layout = ribbonLayout({ widthPx: 700, tokens: 40, rows: 10, pixelRatio: 1 });
  expect(layout).toMatchObject({ columnPx: 13.7, rowPx: 14, columns: 40, lines: 10, plotHeight: 140 });
  expect(poolText(layout, 40, 10)).toBe('');
});

it('pools keys and queries that would be narrower than a pixel', () => {
  const layout = ribbonLayout({ widthPx: 652, tokens: 8192, rows: 1024, pixelRatio: 1 });
  expect(layout).toMatchObject({ columns: 500, lines: 210, plotWidth: 500, plotHeight: 210 });
  expect(poolText(layout, 8192, 1024)).toBe('each pixel: share read of up to 17 keys × 5 queries');
  const sharp = ribbonLayout({ widthPx: 652, tokens: 1000, rows: 100, pixelRatio: 2 });
  expect(poolText(sharp, 1000, 100)).toBe('');
});

it('finds the cell under a point', () => {
  const layout = ribbonLayout({ widthPx: 252, tokens: 10, rows: 5, pixelRatio: 1 });
  const at = (x: number, y: number) => cellUnder(layout, { x: layout.left + x, y: layout.top + y });
  expect(layout.columnPx).toBe(10);
  expect(at(0, 0)).toEqual({ row: 0, key: 0 });
  expect(at(99.9, 69.9)).toEqual({ row: 4, key: 9 });
  expect(at(-1, 3)).toBeUndefined();
  expect(at(100, 3)).toBeUndefined();
  expect(at(3, 70)).toBeUndefined();
});

it('names parts apart as long as their names do not meet', () => {
  const parts = (context: number, question: number, answer: number) => [
    { name: 'context' as const, start: 0, end: context },
    { name: 'question' as const, start: context, end: context + question },
    { name: 'answer' as const, start: context + question, end: context + question + answer },
  ];
  expect(namedApart(parts(40, 10, 10), 10)).toBe(3);
  expect(namedApart(parts(300, 9, 16), 1.4)).toBe(1);
  expect(namedApart(parts(5, 2, 1), 14)).toBe(0);
  expect(namedApart(parts(5, 2, 1).slice(0, 1), 14)).toBe(1);
});
