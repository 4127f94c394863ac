import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { labTaskRecord } from '../../shared/view/lab/testing/records.ts';
import { TaskTable } from './TaskTable.tsx';

afterEach(cleanup);

it('calls a method dense at this length only where it is on all prompts, and else says on how many', () => {
  const record = labTaskRecord(['unseen']);
  const on = [15, 1];
  const rows = record.rows.map((row, at) => ({ ...row, denseHere: on[at] ?? 0 }));
  const [first] = rows;
  const dense = { ...first!, choice: { method: 'dense', parameters: {}, budget: null }, denseHere: 15 };
  render(<TaskTable record={{ ...record, rows: [...rows, dense] }} />);
  const marks = [...document.querySelectorAll('tbody th')].map(
    (head) => head.querySelector('.hs-lab__dense')?.textContent,
  );
  expect(marks.slice(0, 3)).toEqual(['dense at this length', 'dense on 1 of 15 prompts', undefined]);
  expect(marks.filter((mark) => mark !== undefined)).toHaveLength(2);
  expect(screen.getByText('dense on 1 of 15 prompts').title).toMatch(/^More than 95% of all pairs/);
});
