import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { labPlot, taskPlot } from '../../shared/view/lab/plots.ts';
import { labRecord, labTaskRecord } from '../../shared/view/lab/testing/records.ts';
import { LabPlot } from './LabPlot.tsx';

afterEach(cleanup);

const plot = () => screen.getByRole('img', { name: /^needle/ });
const headings = () => [...plot().querySelectorAll('.hs-plot__name')];
const draw = (width: number, data = taskPlot(labTaskRecord(), 'accuracy', 'read', false)) =>
  render(<LabPlot data={data} label="needle" width={width} height={300} />);

it('has a plot for each view of the question, beside each other where there is room, with one legend', () => {
  const place = (heading: Element) => [heading.textContent, heading.getAttribute('x'), heading.getAttribute('y')];
  draw(720);
  const [unseen, seen] = headings().map(place);
  expect([unseen![0], seen![0]]).toEqual(['question unseen', 'question seen']);
  expect(unseen![1]).not.toBe(seen![1]);
  expect(unseen![2]).toBe(seen![2]);
  expect(screen.getAllByText('SnapKV')).toHaveLength(1);
  expect(plot().getAttribute('height')).toBe('300');
  cleanup();
  draw(400);
  const [above, below] = headings().map(place);
  expect(above![1]).toBe(below![1]);
  expect(Number(below![2])).toBeGreaterThan(Number(above![2]) + 200);
  expect(Number(plot().getAttribute('height'))).toBeGreaterThan(500);
  cleanup();
  draw(400, taskPlot(labTaskRecord(['seen']), 'accuracy', 'read', false));
  expect(headings()).toEqual([]);
});

it('goes from point to point over all of them, and makes the line stand out that is pointed at', () => {
  draw(720);
  expect(document.querySelectorAll('.hs-lab__line--faint')).toHaveLength(0);
  fireEvent.keyDown(plot(), { key: 'ArrowRight' });
  expect(screen.getByText(/^StreamingLLM, question unseen, /)).toBeDefined();
  // Line and intervals of two others, in both plots.
  expect(document.querySelectorAll('.hs-lab__line--faint')).toHaveLength(2 * 2 * 2);
  for (let step = 0; step < 99; step++) fireEvent.keyDown(plot(), { key: 'ArrowRight' });
  expect(screen.getByText(/^Quest, question seen, /)).toBeDefined();
});

it('chooses the row of the point under the pointer, in either', () => {
  const onRow = vi.fn();
  const { rows } = labTaskRecord();
  const data = taskPlot(labTaskRecord(), 'accuracy', 'read', false);
  render(<LabPlot data={data} label="needle" width={720} height={300} onRow={onRow} />);
  const last = [...plot().querySelectorAll('.hs-lab__point')].at(-1)!;
  const [, x, y] = /translate\((\S+) (\S+)\)/.exec(last.parentElement!.getAttribute('transform')!)!;
  fireEvent.pointerMove(plot(), { clientX: Number(x), clientY: Number(y) });
  fireEvent.click(plot());
  expect(onRow).toHaveBeenCalledWith(rows.length - 1);
});

it('names points where each method has one, and tells methods by shapes', () => {
  const rows = labRecord().rows.filter((_, at) => at % 3 === 1);
  draw(720, labPlot(rows, 'recall', 'ratio', false));
  const names = [...plot().querySelectorAll('.hs-lab__names text')].map((text) => text.textContent);
  expect(names.sort()).toEqual(['Quest', 'SnapKV', 'StreamingLLM']);
  cleanup();
  draw(720, labPlot(labRecord().rows, 'recall', 'ratio', false));
  expect(plot().querySelector('.hs-lab__names')).toBeNull();
  expect(screen.getByText('SnapKV').querySelector('polygon')).not.toBeNull();
});

it('draws the front as a staircase, dashed where it is of queries of the prompt, and says what it is', () => {
  const all = labRecord().rows;
  const rows = all.map((row, at) =>
    row.result && at >= 3
      ? { ...row, info: { ...row.info, badge: 'oracle' as const } }
      : { ...row, choice: { ...row.choice, method: `other-${at}` }, info: { ...row.info, name: `Other ${at}` } },
  );
  draw(720, labPlot(rows, 'recall', 'ratio', false));
  const path = plot().querySelector('.hs-lab__front')!.getAttribute('d')!;
  const corners = path
    .split(/[ML]/)
    .slice(1)
    .map((part) => part.split(' ').map(Number));
  for (const [at, [x, y]] of corners.slice(1).entries()) {
    const [fromX, fromY] = corners[at]!;
    expect(x === fromX || y === fromY).toBe(true);
  }
  expect(corners.length).toBeGreaterThan(3);
  const legend = screen.getByText('Pareto front (without oracles)');
  expect(legend.getAttribute('title')).toContain('Dense attention counts');
  cleanup();
  const early = rows.map((row) =>
    row.result ? { ...row, result: { ...row.result, phase: 'prefill' as const } } : row,
  );
  draw(720, labPlot(early, 'recall', 'ratio', false));
  expect(plot().querySelectorAll('.hs-lab__front--prefill')).toHaveLength(1);
});
