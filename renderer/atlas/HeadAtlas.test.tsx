import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import { syntheticScores } from '../map/gallery/synthetic-scores.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { glyphOf } from './glyphs.ts';
import { HeadAtlas, type HeadAtlasProps } from './HeadAtlas.tsx';

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  stubElementSize(360, 300);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** By selector: computing the roles of all cells takes seconds in jsdom. */
const gridCells = () => [...document.querySelectorAll('[role="gridcell"]')];

const scores = syntheticScores(4, 8);

function props(change: Partial<HeadAtlasProps> = {}): HeadAtlasProps {
  return {
    layers: 4,
    heads: 8,
    kvHeads: 4,
    score: scores[0]!,
    selected: { layer: 2, head: 5 },
    onSelect: vi.fn(),
    ablated: [],
    onToggleAblate: vi.fn(),
    stale: false,
    busy: false,
    ...change,
  };
}

describe('HeadAtlas', () => {
  it('has a cell for every head, named with value, rank and KV group', () => {
    render(<HeadAtlas {...props()} />);
    const cells = gridCells();
    expect(cells).toHaveLength(32);
    expect(cells[2 * 8 + 5]!.getAttribute('aria-label')).toMatch(/^L2H5, L2KV2: [\d.]+ nats, rank \d+ of 32$/);
    expect(screen.getByText('KV3')).toBeTruthy();
  });

  it('brackets no groups where every head has its own keys', () => {
    render(<HeadAtlas {...props({ kvHeads: 8 })} />);
    expect(screen.queryByText('KV0')).toBeNull();
    expect(gridCells()[0]!.getAttribute('aria-label')).toMatch(/^L0H0: /);
  });

  it('is one stop of the tab key and moves the selection by arrows, within the grid', () => {
    const onSelect = vi.fn();
    render(<HeadAtlas {...props({ onSelect, selected: { layer: 0, head: 7 } })} />);
    const stops = gridCells().filter((cell) => cell.getAttribute('tabindex') === '0');
    expect(stops.map((cell) => cell.getAttribute('data-head'))).toEqual(['L0H7']);
    const keys = ['ArrowRight', 'ArrowUp', 'ArrowLeft', 'ArrowDown', 'Home', 'End', 'PageDown', 'Enter'];
    for (const key of keys) fireEvent.keyDown(stops[0]!, { key });
    fireEvent.keyDown(stops[0]!, { key: 'End', ctrlKey: true });
    const at = (layer: number, head: number) => [{ layer, head }];
    expect(onSelect.mock.calls).toEqual([
      at(0, 7),
      at(0, 7),
      at(0, 6),
      at(1, 7),
      at(0, 0),
      at(0, 7),
      at(3, 7),
      at(0, 7),
      at(3, 7),
    ]);
  });

  it('selects by click, and ablates by double click or A, which goes no further', () => {
    const [onSelect, onToggleAblate, app] = [vi.fn(), vi.fn(), vi.fn()];
    render(
      <div onKeyDown={app}>
        <HeadAtlas {...props({ onSelect, onToggleAblate })} />
      </div>,
    );
    const cell = gridCells()[9]!;
    fireEvent.click(cell.firstElementChild!);
    expect(onSelect).toHaveBeenLastCalledWith({ layer: 1, head: 1 });
    fireEvent.doubleClick(cell.firstElementChild!);
    expect(onToggleAblate).toHaveBeenLastCalledWith({ layer: 1, head: 1 });
    fireEvent.keyDown(cell, { key: 'A' });
    expect(onToggleAblate).toHaveBeenLastCalledWith({ layer: 2, head: 5 });
    expect(app).not.toHaveBeenCalled();
  });

  it('marks ablated heads by shape and in words, and unmarks them', () => {
    const { rerender } = render(<HeadAtlas {...props({ ablated: [{ layer: 1, head: 2 }] })} />);
    expect(screen.getByTestId('ablated-L1H2').querySelector('path')).toBeTruthy();
    expect(gridCells()[10]!.getAttribute('aria-label')).toMatch(/, ablated$/);
    rerender(<HeadAtlas {...props()} />);
    expect(screen.queryByTestId('ablated-L1H2')).toBeNull();
  });

  it('calls the handlers of the latest render', () => {
    const [first, second] = [vi.fn(), vi.fn()];
    const { rerender } = render(<HeadAtlas {...props({ onToggleAblate: first })} />);
    rerender(<HeadAtlas {...props({ onToggleAblate: second })} />);
    fireEvent.doubleClick(gridCells()[0]!.firstElementChild!);
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledOnce();
  });

  it('says what is under the pointer', () => {
    const { container } = render(<HeadAtlas {...props()} />);
    const status = () => container.querySelector('.hs-atlas__status')!.textContent;
    expect(status()).toMatch(/^L2H5/);
    fireEvent.pointerMove(gridCells()[0]!.firstElementChild!);
    expect(status()).toMatch(/^L0H0, L0KV0: [\d.]+ nats, rank/);
  });

  it('gives the reason where a score does not apply', () => {
    render(<HeadAtlas {...props({ score: scores.at(-1)! })} />);
    expect(screen.queryByRole('grid')).toBeNull();
    expect(screen.getByText('Induction score does not apply here.').parentElement!.textContent).toContain(
      'It needs a prompt in which a sequence occurs twice',
    );
  });

  it('says that its values are being replaced', () => {
    const { container } = render(<HeadAtlas {...props({ stale: true, busy: true })} />);
    expect(container.querySelector('.hs-atlas')!.getAttribute('aria-busy')).toBe('true');
  });

  describe('with small maps', () => {
    const values = new Float32Array(32 * 4).fill(0.5).map((value, at) => (at % 4 === 1 ? NaN : at % 4 ? value : 1));
    const maps = { cells: 'maps', miniatures: { size: 2, tokens: 64, values } } as const;
    const labels = () => gridCells().map((cell) => cell.getAttribute('aria-label'));

    it('keeps names, selection, marks and brackets, and draws all maps on one canvas', () => {
      const ablated = [{ layer: 1, head: 2 }];
      const { container, rerender } = render(<HeadAtlas {...props({ ablated })} />);
      const before = labels();
      rerender(<HeadAtlas {...props({ ablated, ...maps })} />);
      expect(labels()).toEqual(before);
      expect(container.querySelectorAll('canvas')).toHaveLength(1);
      expect(container.querySelectorAll('[role="gridcell"] [fill^="#"]')).toHaveLength(0);
      expect(screen.getByTestId('ablated-L1H2')).toBeTruthy();
      expect(screen.getByText('KV3')).toBeTruthy();
      expect(document.querySelector('[aria-selected="true"]')!.getAttribute('data-head')).toBe('L2H5');
    });

    it('reads score and map of the head under the pointer, and says in the legend what the colours are', () => {
      const { container } = render(<HeadAtlas {...props(maps)} />);
      fireEvent.pointerMove(gridCells()[0]!.firstElementChild!);
      const lines = [...container.querySelectorAll('.hs-atlas__status')].map((line) => line.textContent);
      expect(lines[0]).toMatch(/^L0H0, L0KV0: [\d.]+ nats, rank/);
      expect(lines[1]).toBe('Largest p in this map 1.00, right of its first column 0.500');
      expect(screen.getByRole('img').getAttribute('aria-label')).toBe(
        'Colour scale: probability, max of about 32×32 tokens, log scale, 10⁻⁴ to 1',
      );
    });

    it('has its grid while they are on their way, and where they are those of another model', () => {
      const { container, rerender } = render(<HeadAtlas {...props({ cells: 'maps', busy: true })} />);
      expect(gridCells()).toHaveLength(32);
      expect(container.textContent).toContain('The maps are not here yet.');
      rerender(<HeadAtlas {...props({ ...maps, layers: 2, score: syntheticScores(2, 8)[0]! })} />);
      expect(container.textContent).toContain('The maps are not here yet.');
    });

    it('does not depend on a score that applies', () => {
      render(<HeadAtlas {...props({ ...maps, score: scores.at(-1)! })} />);
      expect(labels()[0]).toBe('L0H0, L0KV0: no value');
    });
  });

  it('draws heads without a value in no colour of the scale, and says so beside the floor', () => {
    const values = Float64Array.from({ length: 32 }, (_, index) => (index === 3 ? NaN : (index - 10) / 20));
    const score = { ...scores[0]!, info: { ...scores[0]!.info, domain: [null, null] as const }, values, floor: 0.25 };
    render(<HeadAtlas {...props({ score, name: 'Entropy, Needle' })} />);
    expect([...document.querySelectorAll('[role="gridcell"] .hs-atlas__empty')]).toHaveLength(1);
    const legend = screen.getByRole('img', { name: /^Colour scale/ });
    expect(legend.getAttribute('aria-label')).toBe(
      'Colour scale: Entropy, Needle, nats, uniform attention 0.25, some heads have no value',
    );
    // Below zero too: the colours diverge.
    const stops = [...legend.querySelectorAll('stop')].map((stop) => stop.getAttribute('stop-color')!);
    expect(stops[16]).toBe(toHex(sampleLut(lutOf('divergingOnDark'), 0.5)));
  });

  it('breaks a name that is longer than the legend, and has ids of its own beside another atlas', () => {
    stubElementSize(200, 300);
    const name = 'Streaming deviation without sinks, A − B';
    const ablated = [{ layer: 0, head: 0 }];
    const { container } = render(
      <>
        <HeadAtlas {...props({ name, ablated })} />
        <HeadAtlas {...props({ ablated })} />
      </>,
    );
    const [first, second] = screen.getAllByRole('img', { name: /^Colour scale/ });
    const lines = (legend: Element) => [...legend.querySelectorAll('tspan')].map((line) => line.textContent);
    expect(lines(first!).length).toBeGreaterThan(1);
    expect(lines(first!).join('')).toBe(`${name}, nats`);
    expect(Number(first!.getAttribute('height'))).toBe(
      Number(second!.getAttribute('height')) + 12 * (lines(first!).length - lines(second!).length),
    );
    const ids = [...container.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const used = [...container.querySelectorAll('[fill^="url(#"]')].map((one) =>
      one.getAttribute('fill')!.slice(5, -1),
    );
    expect(used.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('shows bars in place of the colour, dims what a filter leaves out, and rings what is hovered elsewhere', () => {
    const glyphs = [scores[0]!, scores[1]!].map((table) => glyphOf(table, table.info.name));
    const passing = Array.from({ length: 32 }, (_, index) => index < 30);
    render(<HeadAtlas {...props({ glyphs, passing, hovered: { layer: 0, head: 1 } })} />);
    expect(document.querySelectorAll('rect.hs-atlas__bar--1')).toHaveLength(32);
    expect(screen.getByRole('list', { name: 'Bars in the cells' }).textContent).toContain('Row entropy');
    expect(document.querySelectorAll('.hs-atlas__veil rect')).toHaveLength(2);
    expect(document.querySelectorAll('.hs-atlas__hover')).toHaveLength(1);
    expect(document.querySelector('.hs-atlas__status')!.textContent).toMatch(/^L0H1/);
  });
});
