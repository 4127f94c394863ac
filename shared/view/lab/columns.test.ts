import { expect, it } from 'vitest';
import type { LabRow } from '../../model/lab.ts';
import type { MethodResult } from '../../model/method-result.ts';
import { cellText, columnsOf, LAB_COLUMN_GROUPS, LAB_COLUMNS, sortRows } from './columns.ts';

const result = {
  read: 63.84,
  ratio: 0.257,
  recall: 0.9,
  recallSinkFree: NaN,
  costs: { kvBytes: 2_400_000, readBytes: 100, flops: 1_260_000 },
  density: { selected: 0.5 },
  oracle: { gap: 0.02 },
  worst: { layer: 2, head: 5, recall: 0.131 },
  prediction: { kl: 0.25, topChanged: 0.125, nllAnswer: 1.5, nllAnswerDense: 0.5 },
  generated: null,
  notGiven: { accuracy: 'Propagated (F2): nothing is generated.' },
} as unknown as MethodResult;

const column = (id: string) => LAB_COLUMNS.find((one) => one.id === id)!;
const cell = (id: string, of: MethodResult | null = result) => cellText(column(id), { result: of, error: null });

it('writes numbers with their units, and the likelihood of the answer from dense to method', () => {
  expect(cell('read').text).toBe('63.8');
  expect(cell('ratio').text).toBe('25.7%');
  expect(cell('kvBytes').text).toBe('2.4 MB');
  expect(cell('stepFlops').text).toBe('1.3 M');
  expect(cell('nllAnswer').text).toBe('0.500 → 1.500 (+1.00)');
  expect(cell('worst').text).toBe('0.131');
  const gap = (value: number) => cell('oracleGap', { ...result, oracle: { ...result.oracle, gap: value } }).text;
  expect([-1e-5, 0, -0.02].map(gap)).toEqual(['0.000', '0.000', '−0.020']);
});

it('says why there is nothing', () => {
  expect(cell('accuracy')).toEqual({ text: '–', missing: 'Propagated (F2): nothing is generated.' });
  expect(cell('recallSinkFree')).toEqual({ text: '–', missing: 'There is no query that it could be taken of.' });
  const error = { code: 'bad-request', message: 'Too few keys.' } as const;
  expect(cellText(column('read'), { result: null, error })).toEqual({ text: '–', missing: 'Too few keys.' });
});

it('has every column in one group, and names no two the same', () => {
  expect(columnsOf(LAB_COLUMN_GROUPS)).toEqual(LAB_COLUMNS);
  expect(columnsOf(['density']).map(({ id }) => id)).toEqual(['selected', 'computed', 'blocks']);
  expect(new Set(LAB_COLUMNS.map(({ id }) => id)).size).toBe(LAB_COLUMNS.length);
});

it('sorts rows, those without a value last whichever way', () => {
  const rows: Pick<LabRow, 'result'>[] = [0.5, null, 0.9, 0.5].map((recall) => ({
    result: recall === null ? null : { ...result, recall },
  }));
  expect(sortRows(rows, column('recall'), true)).toEqual([2, 0, 3, 1]);
  expect(sortRows(rows, column('recall'), false)).toEqual([0, 3, 2, 1]);
  expect(sortRows(rows, undefined, true)).toEqual([0, 1, 2, 3]);
});

it('says what each column is in a sentence that needs no other column', () => {
  for (const { id, meaning } of LAB_COLUMNS) {
    expect(meaning, id).toMatch(/^[A-Z].*\.$/);
    expect(meaning, id).not.toMatch(/^(The same|These|Those|Beside)\b|\bsuch\b/);
  }
});
