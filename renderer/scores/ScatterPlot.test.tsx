import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { ScatterPlot, type ScatterPlotProps } from './ScatterPlot.tsx';
import { collectEntries } from './score-entries.ts';

const tables = [
  makeScoreTable('x', [0, 0.5, 1, 0.5], { name: 'X' }),
  makeScoreTable('y', [0, 0.5, NaN, 1], { name: 'Y' }),
];
const [x, y] = collectEntries({
  list: [],
  quick: tables,
  further: [],
  weights: [],
  coming: new Set(),
  refused: {},
  origins: [],
});

function plot(change: Partial<ScatterPlotProps> = {}) {
  const props: ScatterPlotProps = {
    x: x!,
    y: y!,
    layers: 2,
    heads: 2,
    width: 466,
    height: 250,
    selected: { layer: 0, head: 0 },
    hovered: undefined,
    passing: undefined,
    brushed: undefined,
    onSelect: vi.fn(),
    onHover: vi.fn(),
    onBrush: vi.fn(),
    ...change,
  };
  const { container } = render(<ScatterPlot {...props} />);
  return { ...props, container, svg: screen.getByRole('img') };
}

const dots = (container: HTMLElement) =>
  [...container.querySelectorAll('.hs-plot__dot')].map((dot) => [
    Number(dot.getAttribute('cx')),
    Number(dot.getAttribute('cy')),
  ]);

beforeEach(() => {
  Element.prototype.setPointerCapture = vi.fn();
});
afterEach(cleanup);

describe('the scatter of two scores', () => {
  // The plot spans 400 x 200 pixels from (52, 10).
  it('has a dot for every head with both values, and says how many have not', () => {
    const { container, svg } = plot();
    expect(dots(container)).toEqual([
      [52, 210],
      [252, 110],
      [252, 10],
    ]);
    expect(svg.getAttribute('aria-label')).toContain(
      '3 heads: X, probability across, Y, probability up; 1 without a value',
    );
  });

  it('gives the heads inside a rectangle, and takes it away with a click on nothing', () => {
    const { svg, onBrush, onSelect } = plot();
    fireEvent.pointerDown(svg, { clientX: 200, clientY: 0, button: 0 });
    fireEvent.pointerMove(svg, { clientX: 300, clientY: 150 });
    fireEvent.pointerUp(svg, { clientX: 300, clientY: 150 });
    expect(onBrush).toHaveBeenLastCalledWith([1, 3]);
    fireEvent.pointerDown(svg, { clientX: 400, clientY: 200, button: 0 });
    fireEvent.pointerUp(svg, { clientX: 400, clientY: 200 });
    expect(onBrush).toHaveBeenLastCalledWith(undefined);
    expect(onSelect).not.toHaveBeenCalled();
  });

  it('keeps a rectangle around the heads that were chosen, as long as it holds no other', () => {
    const box = (brushed: readonly number[]) => {
      const { container } = plot({ brushed });
      const rect = container.querySelector('.hs-plot__brush');
      cleanup();
      return rect && ['x', 'y', 'width', 'height'].map((name) => Number(rect.getAttribute(name)));
    };
    // Dots of heads 0, 1 and 3 as above; head 2 has none.
    expect(box([1, 3])).toEqual([245.5, 3.5, 13, 113]);
    expect(box([0, 3])).toBeNull();
    expect([box([1, 2]), box([])]).toEqual([null, null]);
  });

  it('selects the dot that is clicked, tells which is hovered, and walks by keys', () => {
    const { svg, onSelect, onHover } = plot();
    fireEvent.pointerMove(svg, { clientX: 255, clientY: 106 });
    expect(onHover).toHaveBeenLastCalledWith({ layer: 0, head: 1 });
    fireEvent.pointerDown(svg, { clientX: 255, clientY: 106, button: 0 });
    fireEvent.pointerUp(svg, { clientX: 255, clientY: 106 });
    expect(onSelect).toHaveBeenLastCalledWith({ layer: 0, head: 1 });
    fireEvent.keyDown(svg, { key: 'ArrowDown' });
    expect(onSelect).toHaveBeenLastCalledWith({ layer: 1, head: 0 });
  });

  it('dims what a filter leaves out', () => {
    const { container } = plot({ passing: [true, false, true, false] });
    expect(container.querySelectorAll('.hs-plot__dot--out')).toHaveLength(2);
  });
});
