import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { syntheticScores } from '../map/gallery/synthetic-scores.ts';
import { sortedByScore } from '../../shared/view/atlas/head-order.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { RankedHeads, type RankedHeadsProps } from './RankedHeads.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});
beforeEach(() => stubElementSize(1200, 1000));

function props(layers: number, heads: number, change: Partial<RankedHeadsProps> = {}): RankedHeadsProps {
  return {
    scores: syntheticScores(layers, heads).map((table) => ({ key: table.info.id, name: table.info.name, table })),
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
    const order = sortedByScore(given.scores[1]!.table.values!, 'descending');
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

  it('says of a score that sinks count in it, where they are left out of others', () => {
    const scores = props(4, 8).scores.map((score) => ({ ...score, withSinks: score.key === 'entropy' }));
    render(<RankedHeads {...props(4, 8, { scores })} />);
    expect(all('thead th').map((cell) => cell.textContent)).toContain('entropynatswith sinks');
    expect(screen.getAllByTitle(/^Sinks count in this score/)).toHaveLength(1);
  });

  it('shows scores with their unit as far as there is room, and a dash where one does not apply', () => {
    stubElementSize(1200, 400);
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
    cleanup();
    stubElementSize(300, 400);
    render(<RankedHeads {...props(4, 8)} />);
    expect(all('thead th')).toHaveLength(2 + 3);
  });

  it('selects by click and by arrows in the order shown', () => {
    const onSelect = vi.fn();
    const given = props(4, 8);
    const order = sortedByScore(given.scores[1]!.table.values!, 'descending').map((index) => ({
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

  it('has only what is in sight of a large model in the page, and always the selected head', () => {
    stubElementSize(400, 440);
    const given = props(64, 32);
    const last = sortedByScore(given.scores[1]!.table.values!, 'descending').at(-1)!;
    render(<RankedHeads {...given} selected={{ layer: Math.floor(last / 32), head: last % 32 }} />);
    expect(names().length).toBeLessThan(60);
    expect(all('tbody tr:not([aria-hidden])').at(-1)!.getAttribute('aria-rowindex')).toBe('2049');
    const gaps = all('tr[aria-hidden]').reduce((sum, row) => sum + Number.parseInt(row.style.height, 10), 0);
    expect(gaps).toBe((2048 - names().length) * 22);
    const box = screen.getByRole('group');
    box.scrollTop = 22 * 1000;
    fireEvent.scroll(box);
    expect(all('tbody tr:not([aria-hidden])')[0]!.querySelector('td')!.textContent).toBe('989');
  });

  it('lists what passes a filter, under its rank there, and says where nothing does', () => {
    const given = props(2, 4);
    const passing = Array.from({ length: 8 }, (_, index) => index % 2 === 1);
    const { rerender } = render(<RankedHeads {...given} sortBy="head" passing={passing} />);
    expect(names()).toEqual(['L0H1', 'L0H3', 'L1H1', 'L1H3']);
    // From outside what is listed a key leads to the first.
    fireEvent.keyDown(screen.getByRole('group'), { key: 'ArrowDown' });
    expect(given.onSelect).toHaveBeenCalledWith({ layer: 0, head: 1 });
    rerender(<RankedHeads {...given} passing={passing.map(() => false)} />);
    expect(screen.getByText('No head passes the filter.')).toBeDefined();
  });

  it('shows the interval of a mean over prompts, and kinds with their evidence', () => {
    stubElementSize(500, 400);
    const given = props(1, 2, { sortBy: 'sink' });
    const { table } = given.scores[1]!;
    const [low, high] = [Float64Array.of(0.1, NaN), Float64Array.of(0.3, NaN)];
    const spread = { prompts: 7, deviation: low, active: Float64Array.of(1, 0), low, high };
    const kinds = [
      [
        {
          kind: 'induction',
          evidence: [
            {
              score: 'induction',
              value: 0.91,
              side: 'over',
              threshold: 0.35,
              floor: null,
              origin: 'Repeated random tokens',
              prompts: 10,
            },
          ],
        },
      ],
      [],
    ] as const;
    render(
      <RankedHeads {...given} scores={[{ key: 'sink', name: 'Sink', table: { ...table, spread } }]} kinds={kinds} />,
    );
    expect(all('thead small')[0]!.textContent).toBe('p, mean of 7');
    const cells = all('tbody .hs-ranked__sorted').map((cell) => cell.textContent);
    expect(cells.filter((text) => text.endsWith(' 0.10 to 0.30, n 7'))).toHaveLength(1);
    // With a value on one prompt only.
    expect(cells.filter((text) => text.endsWith(' n 1'))).toHaveLength(1);
    expect(all('.hs-kind').map((chip) => [chip.textContent, chip.title])).toEqual([
      ['Induction', 'Induction: induction 0.910 > 0.350 (Repeated random tokens, n 10)'],
    ]);
  });

  it('can be sorted by layer and head', () => {
    render(<RankedHeads {...props(2, 2, { sortBy: 'head' })} />);
    expect(names()).toEqual(['L0H0', 'L0H1', 'L1H0', 'L1H1']);
  });
});
