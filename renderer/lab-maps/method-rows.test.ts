// @vitest-environment node
import { expect, it } from 'vitest';
import { labRecord } from '../../shared/view/lab/testing/records.ts';
import { plotSize } from '../map/viewport.ts';
import { methodRows, rowsViewport, showsRows } from './method-rows.ts';

const { rows } = labRecord();
const find = (method: string) => rows.findIndex(({ choice }) => choice.method === method);
const probability = 'probability';
const room = { tokens: 512, room: { width: 320, height: 240 }, pixelRatio: 1 };

it('are those after the prompt, whatever stands beside them; of the prompt where there are no others', () => {
  const { promptLength, rows: count } = rows[find('quest')]!.result!;
  const after = { start: promptLength, end: promptLength + count };
  const dense = { row: null, value: probability } as const;
  const quest = { row: find('quest'), value: probability } as const;
  expect(methodRows([dense, quest], rows)).toEqual(after);
  const prefill = rows.map((row, at) =>
    at === 0
      ? {
          ...row,
          choice: { ...row.choice, method: 'seer' },
          result: { ...row.result!, phase: 'prefill' as const, rows: 9 },
        }
      : row,
  );
  const first = { row: 0, value: probability } as const;
  expect(methodRows([first, quest], prefill)).toEqual(after);
  expect(methodRows([dense, first], prefill)).toEqual({ start: 0, end: 9 });
  expect(methodRows([dense], rows)).toBeUndefined();
  expect(methodRows([{ row: find('dense'), value: probability }], rows)).toBeUndefined();
});

it('fill the height, with the key that is looked at or the last ones', () => {
  const span = { start: 480, end: 510 };
  const last = rowsViewport(span, undefined, room);
  expect(last.cellPx).toBe(8);
  expect(last.query).toBe(480);
  expect(last.key + plotSize(last.cellPx, room).width / last.cellPx).toBe(510);
  const needle = rowsViewport(span, 100, room);
  expect([needle.key + 320 / 8 / 2, needle.query]).toEqual([100.5, 480]);
});

it('of few rows stay at a size that shows keys beside them, at the end of the map', () => {
  const { cellPx, query, key } = rowsViewport({ start: 509, end: 512 }, undefined, room);
  expect([cellPx, query, key]).toEqual([16, 512 - 240 / 16, 512 - 320 / 16]);
  expect(rowsViewport({ start: 509, end: 512 }, 0, room).key).toBe(0);
});

it('are known again after the map was moved sideways or its panel has changed a little', () => {
  const span = { start: 480, end: 510 };
  const shown = rowsViewport(span, undefined, room);
  expect(showsRows({ ...shown, key: 3 }, span, room)).toBe(true);
  expect(showsRows(shown, span, { ...room, room: { width: 320, height: 270 } })).toBe(true);
  expect(showsRows(shown, span, { ...room, room: { width: 320, height: 400 } })).toBe(false);
  expect(showsRows({ ...shown, query: 470 }, span, room)).toBe(false);
  expect(showsRows({ ...shown, cellPx: 2 * shown.cellPx }, span, room)).toBe(false);
  expect(showsRows({ key: 0, query: 0, cellPx: 240 / 512 }, span, room)).toBe(false);
});
