import { expect, it } from 'vitest';
import { formatTable } from './table.ts';

it('pads columns, aligns numbers and counts characters as people do, not code units', () => {
  const rows = [
    ['🙂', '1'],
    ['three', '100'],
  ];
  expect(formatTable(['Token', 'P'], rows, [1])).toBe('Token    P\n🙂        1\nthree  100');
  expect(formatTable([], rows)).toBe('🙂      1\nthree  100');
});
