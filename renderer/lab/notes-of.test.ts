// @vitest-environment node
import { expect, it } from 'vitest';
import type { LabRow } from '../../shared/model/lab.ts';
import { notesOf } from './notes-of.ts';

const row = (method: string, share: number, notes: readonly string[]) =>
  ({
    choice: { method, parameters: {}, budget: { share } },
    info: { name: method, parameters: [], budget: { meaning: '', default: null, source: '' } },
    result: { notes },
    error: null,
  }) as unknown as LabRow;

it('says of which rows a note is, unless it is of all', () => {
  const failed = { ...row('quest', 0.1, []), result: null };
  const rows = [
    row('dense', 1, ['dense']),
    row('h2o', 0.5, ['all']),
    row('h2o', 1, ['all', 'wide']),
    row('snapkv', 1, ['wide', 'all', 'all']),
  ];
  expect(notesOf([...rows, failed])).toEqual([
    { note: 'all', rows: '' },
    { note: 'wide', rows: 'h2o 100%; snapkv 100%' },
  ]);
});
