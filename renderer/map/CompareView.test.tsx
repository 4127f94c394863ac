import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { initialView } from '../state/view-state.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import type { ComparedMap } from './CompareCell.tsx';
import { CompareView, type CompareViewProps } from './CompareView.tsx';
import { syntheticHead, syntheticTokens } from './gallery/synthetic-head.ts';

beforeEach(() => {
  stubElementSize(900, 600);
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const [one, two] = [syntheticHead(12, 1, 0), syntheticHead(12, 2, 0)];
const mapOf = (head: number, source = one.source): ComparedMap => ({
  id: `L0H${head}`,
  title: `L0H${head}`,
  runId: 'r1',
  head: { layer: 0, head },
  source,
  selected: head === 1,
});
const difference: ComparedMap = {
  ...mapOf(1),
  id: 'difference',
  title: 'L0H1 − L0H2',
  selected: false,
  minus: { key: 'r1 L0H2', runId: 'r1', head: { layer: 0, head: 2 }, source: two.source },
};

function props(change: Partial<CompareViewProps> = {}): CompareViewProps {
  return {
    maps: [mapOf(1), mapOf(2, two.source)],
    tokens: syntheticTokens(12),
    badge: 'exact',
    ofAblatedRun: false,
    drawing: 'canvas',
    pinnedToken: undefined,
    onPinToken: vi.fn(),
    onMarkToken: vi.fn(),
    hoverToken: undefined,
    onHoverToken: vi.fn(),
    options: initialView,
    onOptions: vi.fn(),
    onSelect: vi.fn(),
    onRemove: vi.fn(),
    controls: undefined,
    hint: undefined,
    ...change,
  };
}
const settle = () =>
  waitFor(() => {
    expect(document.querySelector('[aria-busy="true"]')).toBeNull();
  });
const cell = (title: string) => screen.getByRole('region', { name: `Map of ${title}` });

describe('heads side by side', () => {
  it('move one cursor, and each says its own value, and the difference theirs', async () => {
    render(<CompareView {...props({ maps: [...props().maps, difference] })} />);
    await settle();
    fireEvent.keyDown(screen.getAllByRole('application')[1]!, { key: 'ArrowDown' });
    await waitFor(() => {
      expect(cell('L0H1 − L0H2').textContent).toMatch(/Δp = [+−]?\d/);
    });
    const value = (title: string) => Number(/p = ([+−]?[\d.]+)/.exec(cell(title).textContent)![1]!.replace('−', '-'));
    expect(value('L0H1') - value('L0H2')).toBeCloseTo(value('L0H1 − L0H2'), 2);
    expect(document.querySelector('.hs-map__readout')!.textContent).toMatch(/^query 11 “on” → key 0 /);
  });

  it('are selected and taken out by their own buttons', async () => {
    const [onSelect, onRemove] = [vi.fn(), vi.fn()];
    const { maps } = props();
    render(<CompareView {...props({ maps, onSelect, onRemove })} />);
    await settle();
    fireEvent.click(within(cell('L0H2')).getByRole('button', { name: 'L0H2' }));
    expect(onSelect).toHaveBeenCalledWith(maps[1]);
    fireEvent.click(screen.getByRole('button', { name: 'Remove L0H1' }));
    expect(onRemove).toHaveBeenCalledWith(maps[0]);
  });

  it('zoom together', async () => {
    render(<CompareView {...props()} />);
    await settle();
    const fit = screen.getByRole<HTMLButtonElement>('button', { name: 'fit' });
    fireEvent.keyDown(screen.getAllByRole('application')[0]!, { key: '+' });
    expect(fit.disabled).toBe(false);
  });

  it('say what to do where there is nothing to compare with yet', () => {
    render(<CompareView {...props({ maps: [mapOf(1)], hint: 'Choose another head.' })} />);
    expect(screen.getByText('Choose another head.')).toBeTruthy();
  });
});
