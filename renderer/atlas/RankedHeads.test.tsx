import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { syntheticScores } from '../map/gallery/synthetic-scores.ts';
import { sortedByScore } from '../../shared/view/atlas/head-order.ts';
import { RankedHeads, type RankedHeadsProps } from './RankedHeads.tsx';

afterEach(cleanup);

function props(layers: number, heads: number, change: Partial<RankedHeadsProps> = {}): RankedHeadsProps {
  return {
    scores: syntheticScores(layers, heads),
    sortBy: 'sink',
    onSortBy: vi.fn(),
    selected: { layer: 0, head: 0 },
    onSelect: vi.fn(),
    ablated: [],
    layers,
    heads,
    ...change,
  };
}

// By selector where there are many: computing roles and names of hundreds of cells takes seconds in jsdom.
const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
const names = () => all('tbody th[scope="row"]').map((cell) => cell.textContent);

describe('RankedHeads', () => {
  it('sorts by the chosen score, largest first, and says so', () => {
    const given = props(4, 8);
    render(<RankedHeads {...given} />);
    const order = sortedByScore(given.scores[1]!.values!, 'descending');
    expect(names()).toEqual(order.map((index) => `L${Math.floor(index / 8)}H${index % 8}`));
    const sorted = screen
      .getAllByRole('columnheader')
      .filter((cell) => cell.getAttribute('aria-sort') === 'descending');
    expect(sorted.map((cell) => cell.textContent)).toEqual(['sink ▾p']);
  });

  it('turns the order on a second click, and asks for another column on a click there', () => {
    const onSortBy = vi.fn();
    render(<RankedHeads {...props(4, 8, { onSortBy })} />);
    const before = names();
    fireEvent.click(all('thead button')[2]!);
    expect(names()).toEqual([...before].reverse());
    fireEvent.click(all('thead button')[1]!);
    expect(onSortBy.mock.calls).toEqual([['entropy']]);
  });

  it('shows every score with its unit, and a dash where one does not apply', () => {
    render(<RankedHeads {...props(4, 8)} />);
    expect(all('thead th').map((cell) => cell.textContent)).toEqual([
      '#',
      'head',
      'entropynats',
      'sink ▾p',
      'previousp',
      'distancetokens',
      'maxp',
      'inductionn/a',
    ]);
    expect((all('thead button').at(-1) as HTMLButtonElement).disabled).toBe(true);
    expect(all('tr')[1]!.lastElementChild!.textContent).toBe('–');
  });

  it('selects by click and by arrows in the order shown', () => {
    const onSelect = vi.fn();
    const given = props(4, 8);
    const order = sortedByScore(given.scores[1]!.values!, 'descending').map((index) => ({
      layer: Math.floor(index / 8),
      head: index % 8,
    }));
    render(<RankedHeads {...given} selected={order[3]!} onSelect={onSelect} />);
    expect(all('tr')[4]!.getAttribute('aria-selected')).toBe('true');
    fireEvent.click(all('tr')[1]!);
    const table = screen.getByRole('group');
    for (const key of ['ArrowDown', 'ArrowUp', 'Home', 'End']) fireEvent.keyDown(table, { key });
    expect(onSelect.mock.calls.map(([head]) => head as unknown)).toEqual([0, 4, 2, 0, 31].map((place) => order[place]));
  });

  it('marks ablated heads in words too', () => {
    render(<RankedHeads {...props(4, 8, { ablated: [{ layer: 1, head: 2 }] })} />);
    expect(names().filter((name) => name.includes('ablated'))).toEqual(['L1H2 ✕ ablated']);
  });

  it('starts with the first rows of a large model, keeps the selected head among them, and shows all on request', () => {
    const given = props(24, 14);
    const last = sortedByScore(given.scores[1]!.values!, 'descending').at(-1)!;
    render(<RankedHeads {...given} selected={{ layer: Math.floor(last / 14), head: last % 14 }} />);
    expect(names()).toHaveLength(65);
    expect(all('tr').at(-1)!.textContent).toMatch(/^336/);
    fireEvent.click(screen.getByText('Show all 336 heads'));
    expect(names()).toHaveLength(336);
  });

  it('can be sorted by layer and head', () => {
    render(<RankedHeads {...props(2, 2, { sortBy: 'head' })} />);
    expect(names()).toEqual(['L0H0', 'L0H1', 'L1H0', 'L1H1']);
  });
});
