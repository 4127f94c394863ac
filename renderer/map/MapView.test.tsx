import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { initialView } from '../state/view-state.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { syntheticHead, syntheticTokens } from './gallery/synthetic-head.ts';
import type { MapSource } from './map-source.ts';
import { MapView, type MapViewProps } from './MapView.tsx';

beforeEach(() => {
  stubElementSize(900, 600);
  // Without motion, steps are immediate; jsdom has no canvas, so nothing is drawn.
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const synthetic = syntheticHead(12, 1, 0);

function props(change: Partial<MapViewProps> = {}): MapViewProps {
  return {
    runId: 'r1',
    head: { layer: 2, head: 5 },
    tokens: syntheticTokens(12),
    source: synthetic.source,
    profile: synthetic.profile,
    pinnedToken: undefined,
    onPinToken: vi.fn(),
    onMarkToken: vi.fn(),
    hoverToken: undefined,
    onHoverToken: vi.fn(),
    options: initialView,
    onOptions: vi.fn(),
    ablated: false,
    badge: 'exact',
    onAblate: vi.fn(),
    ...change,
  };
}

/** The picture is here. By selector: computing roles takes jsdom longer than the wait on a busy machine. */
const settle = () =>
  waitFor(
    () => {
      expect(document.querySelector('.hs-map')!.getAttribute('aria-busy')).toBe('false');
    },
    { timeout: 5000 },
  );
const readout = (container: HTMLElement) => container.querySelector('.hs-map__readout')!.textContent;
const press = (key: string, more: object = {}) =>
  fireEvent.keyDown(document.querySelector('[role="application"]')!, { key, ...more });

describe('MapView', () => {
  it('says what it shows', async () => {
    render(<MapView {...props()} />);
    await settle();
    expect(screen.getByRole('heading').textContent).toBe('L2H5query ↓ key →probability, log scaleexact');
    expect(screen.getByRole('region', { name: 'Map of L2H5' })).toBeTruthy();
  });

  it('moves a cell cursor by keys, keeps it below the diagonal, and reads the cell in words', async () => {
    const { container } = render(<MapView {...props()} />);
    await settle();
    press('ArrowDown');
    expect(readout(container)).toMatch(/^query 11 “on” → key 0 “<\|endoftext\|>”/);
    press('ArrowUp');
    press('ArrowRight');
    await waitFor(() => {
      expect(readout(container)).toMatch(
        /^query 10 “nobody” → key 1 “The”: p = .*, rank \d+ of 11 keys, logit [\d.]+$/,
      );
    });
    press('End');
    press('ArrowRight');
    expect(readout(container)).toMatch(/^query 10 “nobody” → key 10 “nobody”/);
  });

  it('pins by Enter, the query or with Alt the key, and unpins the same way', async () => {
    const onPinToken = vi.fn();
    const { rerender } = render(<MapView {...props({ onPinToken })} />);
    await settle();
    press('ArrowDown');
    press('Enter');
    expect(onPinToken).toHaveBeenLastCalledWith(11);
    press('Enter', { altKey: true });
    expect(onPinToken).toHaveBeenLastCalledWith(0);
    rerender(<MapView {...props({ onPinToken, pinnedToken: 11 })} />);
    press('Enter');
    expect(onPinToken).toHaveBeenLastCalledWith(undefined);
  });

  it('leaves `A` and an Esc without a cursor to the app', async () => {
    const app = vi.fn();
    render(
      <div onKeyDown={app}>
        <MapView {...props()} />
      </div>,
    );
    await settle();
    press('a');
    press('Escape');
    expect(app).toHaveBeenCalledTimes(2);
    press('ArrowDown');
    press('Escape');
    expect(app).toHaveBeenCalledTimes(2);
  });

  it('draws a rectangle from cell to cell by key, and Esc clears it', async () => {
    const onRegion = vi.fn();
    const { rerender } = render(<MapView {...props({ onRegion })} />);
    await settle();
    press('ArrowDown');
    press('b');
    press('ArrowUp');
    press('ArrowRight');
    const region = { rowStart: 10, rowEnd: 12, keyStart: 0, keyEnd: 2 };
    expect(onRegion).toHaveBeenLastCalledWith(region);
    press('b');
    press('ArrowRight');
    expect(onRegion).toHaveBeenCalledTimes(3);
    rerender(<MapView {...props({ onRegion, region })} />);
    expect(screen.getByRole('complementary', { name: 'Selection on L2H5' })).toBeTruthy();
    press('Escape');
    expect(onRegion).toHaveBeenLastCalledWith(undefined);
  });

  it('shows no selection that a shorter prompt has no room for', async () => {
    render(<MapView {...props({ region: { rowStart: 2, rowEnd: 20, keyStart: 0, keyEnd: 1 } })} />);
    await settle();
    expect(screen.queryByRole('complementary')).toBeNull();
  });

  it('zooms by keys and buttons, and back', async () => {
    render(<MapView {...props({ tokens: syntheticTokens(12) })} />);
    await settle();
    const fit = screen.getByRole<HTMLButtonElement>('button', { name: 'fit' });
    expect(fit.disabled).toBe(true);
    press('+');
    expect(fit.disabled).toBe(false);
    press('0');
    expect(fit.disabled).toBe(true);
    fireEvent.click(screen.getByRole('button', { name: 'Zoom in' }));
    expect(fit.disabled).toBe(false);
  });

  it('offers options and ablation as they are', async () => {
    const [onOptions, onAblate] = [vi.fn(), vi.fn()];
    const { rerender } = render(<MapView {...props({ onOptions, onAblate })} />);
    await settle();
    fireEvent.change(screen.getByRole('combobox', { name: 'Value' }), { target: { value: 'lift' } });
    fireEvent.click(screen.getByRole('button', { name: 'log' }));
    fireEvent.change(screen.getByRole('combobox', { name: 'Sinks' }), { target: { value: 'renormalise' } });
    fireEvent.change(screen.getByRole('slider', { name: 'Gamma' }), { target: { value: '0.5' } });
    fireEvent.doubleClick(screen.getByRole('slider', { name: 'Gamma' }));
    expect(onOptions.mock.calls).toEqual([
      [{ value: 'lift' }],
      [{ scale: 'linear' }],
      [{ sinkMode: 'renormalise' }],
      [{ gamma: 0.5 }],
      [{ gamma: 1 }],
    ]);
    fireEvent.click(screen.getByRole('button', { name: 'ablate' }));
    expect(onAblate).toHaveBeenCalledOnce();
    rerender(<MapView {...props({ ablated: true, options: { ...initialView, value: 'logit' } })} />);
    expect(screen.getByRole('button', { name: 'restore' }).title).toContain('Restore');
    expect(screen.getByText('head ablated')).toBeTruthy();
    expect(screen.queryByText('ablated run')).toBeNull();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'log' }).disabled).toBe(true);
  });

  it('has the strips that are asked for, by rule or by index', async () => {
    const onSinks = vi.fn();
    const { container, rerender } = render(<MapView {...props({ onSinks })} />);
    await settle();
    const headings = () => [...container.querySelectorAll('.hs-map__heading')].map((text) => text.textContent);
    expect(headings().filter((text) => text.startsWith('p on'))).toEqual(['p on key 0']);
    fireEvent.click(screen.getByRole('button', { name: 'Sink columns' }));
    fireEvent.click(screen.getByRole('radio', { name: /largest column means/ }));
    expect(onSinks).toHaveBeenLastCalledWith('found', [0]);
    const field = screen.getByRole('textbox', { name: 'Keys of the strips' });
    fireEvent.change(field, { target: { value: '3, x' } });
    expect(field.getAttribute('aria-invalid')).toBe('true');
    fireEvent.change(field, { target: { value: '3, 0' } });
    expect(onSinks).toHaveBeenLastCalledWith('chosen', [0, 3]);
    rerender(<MapView {...props({ onSinks, sinkRule: 'chosen', chosenSinks: [0, 3] })} />);
    expect(headings().filter((text) => text.startsWith('p on'))).toEqual(['p on key 0', 'p on key 3']);
    rerender(<MapView {...props({ onSinks, options: { ...initialView, sinkMode: 'show' } })} />);
    expect(headings().filter((text) => text.startsWith('p on'))).toEqual([]);
    press('ArrowDown');
    fireEvent.keyDown(field, { key: 'Escape' });
    expect(screen.queryByRole('textbox', { name: 'Keys of the strips' })).toBeNull();
  });

  it('says in place why there is no map, and tries again', async () => {
    let fail = true;
    const tile = vi.fn<MapSource['tile']>((params, signal) =>
      fail ? Promise.reject(new Error('the run was released.')) : synthetic.source.tile(params, signal),
    );
    render(<MapView {...props({ source: { ...synthetic.source, tile } })} />);
    expect((await screen.findByText(/could not be computed/)).textContent).toContain(
      'could not be computed: the run was released.',
    );
    fail = false;
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => {
      expect(document.querySelector('[role="alert"]')).toBeNull();
    });
  });

  it('does nothing of its own where one points at a message over it', async () => {
    const capture = vi.fn();
    HTMLElement.prototype.setPointerCapture = capture;
    const tile = () => Promise.reject(new Error('the run was released.'));
    const [onPinToken, onHoverToken] = [vi.fn(), vi.fn()];
    render(<MapView {...props({ source: { ...synthetic.source, tile }, onPinToken, onHoverToken })} />);
    const button = await screen.findByRole('button', { name: 'Try again' });
    const fit = screen.getByRole<HTMLButtonElement>('button', { name: 'fit' });
    const at = { clientX: 150, clientY: 300, button: 0 };
    const useOn = (element: Element) => {
      fireEvent.pointerMove(element, at);
      fireEvent.pointerDown(element, at);
      fireEvent.pointerUp(element, at);
      fireEvent.keyDown(element, { key: 'Enter' });
      fireEvent.wheel(element, { ...at, deltaY: -100 });
    };
    useOn(button);
    expect(onPinToken).not.toHaveBeenCalled();
    expect(onHoverToken).not.toHaveBeenCalled();
    expect(capture).not.toHaveBeenCalled();
    expect(fit.disabled).toBe(true);
    useOn(document.querySelector('[role="application"]')!);
    expect(onPinToken).toHaveBeenCalled();
    expect(onHoverToken).toHaveBeenCalled();
    expect(fit.disabled).toBe(false);
  });

  it('of weights that are no softmax says that there is no map', async () => {
    const sentence = 'L0H0 has no attention map in this run.';
    const tile = () => Promise.reject(new AppError('no-map', sentence, { hint: 'Look at the clean run.' }));
    render(<MapView {...props({ source: { ...synthetic.source, tile } })} />);
    expect((await screen.findByRole('alert')).textContent).toBe(`${sentence}Look at the clean run.`);
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
  });

  it('asks for the tiles of a new run and only those', async () => {
    const tile = vi.fn<MapSource['tile']>((params, signal) => synthetic.source.tile(params, signal));
    const source = { ...synthetic.source, tile };
    const { rerender } = render(<MapView {...props({ source })} />);
    await settle();
    rerender(<MapView {...props({ source, runId: 'r2', options: { ...initialView, sinkMode: 'exclude' } })} />);
    await settle();
    rerender(<MapView {...props({ source, runId: 'r2', options: { ...initialView, sinkMode: 'renormalise' } })} />);
    await settle();
    expect(tile.mock.calls.map(([params]) => [params.runId, params.skipKeys, params.renormalise])).toEqual([
      ['r1', 0, false],
      ['r2', 1, false],
      ['r2', 1, true],
    ]);
    expect(screen.getByRole('heading', { level: 2 }).textContent).toContain('without key 0, rows renormalised');
  });

  it.each([1, 2, 5])('stands with %i tokens', async (count) => {
    const small = syntheticHead(count, 1, 0);
    const { container } = render(
      <MapView {...props({ tokens: syntheticTokens(count), source: small.source, profile: small.profile })} />,
    );
    await settle();
    press('ArrowDown');
    expect(readout(container)).toContain(`query ${count - 1} `);
  });
});
