import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatHead } from '../../shared/model/head-id.ts';
import { AppContext } from '../app/app-context.ts';
import { runCommand } from '../commands/registry.ts';
import { referenceKey, scoresKey } from '../engine/data-keys.ts';
import { ScoresPanel } from '../scores/ScoresPanel.tsx';
import { setReference } from '../state/edits.ts';
import type { Reference } from '../state/reference-state.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  stubElementSize(360, 300);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** B: half of every entropy of A, but of one head, with another window and floor. */
async function show(change: Partial<Reference> = {}) {
  const { rest, ...services } = startSession();
  await rest();
  const { store, cache } = services;
  const { clean, source } = store.getState().run;
  const model = store.getState().model.info!;
  const own = cache.value(scoresKey(clean!.key))!.find(({ info }) => info.id === 'entropy')!;
  const heads = model.layers * model.heads;
  const values = Float64Array.from(own.values!, (value, index) => (index === heads - 1 ? value + 50 : value / 2));
  const table = { ...own, values, parameters: { window: 256 }, floor: 0.75 };
  const { layers, kvHeads } = model;
  const reference: Reference = {
    id: 'test',
    modelId: model.modelId,
    model: 'Other',
    layers,
    heads: model.heads,
    kvHeads,
    source: source!,
    tokens: 5,
    interventions: 'L0H1=zero',
    ...change,
  };
  const shaped = Float64Array.from({ length: reference.layers * reference.heads }, (_, index) => values[index] ?? 1);
  const tables = [{ key: 'entropy', table: { ...table, values: shaped } }];
  cache.set(referenceKey('test'), { status: 'ready', value: tables });
  patch(store, 'view', { scoreId: 'entropy' });
  setReference(store, reference);
  render(
    <AppContext value={services}>
      <ScoresPanel />
    </AppContext>,
  );
  await act(async () => rest());
  return { ...services, model, own: own.values!, rest: () => act(async () => rest()) };
}

const grids = () => [...document.querySelectorAll('[role="grid"]')];
const cell = (grid: number, head: string) => grids()[grid]!.querySelector(`[data-head="${head}"]`)!;

describe('the comparison of A and B', () => {
  it('has both atlases and their difference, with signs, on linked selection', async () => {
    const { store, own, model } = await show();
    expect(grids().map((grid) => grid.getAttribute('aria-label')!.replace(/, \d.*/, ''))).toEqual([
      'Heads by Entropy, A',
      'Heads by Entropy, B',
      'Heads by Entropy, A − B',
    ]);
    const expected = (own[8]! / 2).toFixed(1);
    expect(cell(2, 'L1H0').getAttribute('aria-label')).toContain(`: +${expected} nats`);
    const last = { layer: model.layers - 1, head: model.heads - 1 };
    expect(cell(2, formatHead(last)).getAttribute('aria-label')).toMatch(/: −50\.00? nats/);
    fireEvent.click(cell(1, 'L1H2').firstElementChild!);
    expect(store.getState().edit.head).toEqual({ layer: 1, head: 2 });
    expect([0, 1, 2].map((grid) => cell(grid, 'L1H2').getAttribute('aria-selected'))).toEqual(['true', 'true', 'true']);
    fireEvent.pointerMove(cell(0, 'L0H3').firstElementChild!);
    expect(store.getState().ui.hoverHead).toEqual({ layer: 0, head: 3 });
    expect(cell(1, 'L0H1').querySelector('.hs-atlas__ablated')).toBeTruthy();
    expect(cell(0, 'L0H1').querySelector('.hs-atlas__ablated')).toBeNull();
  });

  it('begins its list with the largest change, and draws the line of equal values', async () => {
    const { model } = await show();
    const rows = within(screen.getByRole('group', { name: 'Heads by score' })).getAllByRole('row');
    expect(rows[1]!.textContent).toContain(formatHead({ layer: model.layers - 1, head: model.heads - 1 }));
    expect(rows[1]!.textContent).toContain('−50.0');
    expect(document.querySelector('.hs-plot__diagonal')).toBeTruthy();
  });

  it('says what differs besides', async () => {
    await show({ modelId: 'other', kvHeads: 1 });
    const text = document.querySelector('.hs-compare__remarks')!.textContent;
    expect(text).toContain('two models');
    expect(text).toContain('window: none in A, 256 in B');
    expect(text).toContain('B: compare each with its own floor');
  });

  it('has no difference of heads without a partner, and leaves the selection alone', async () => {
    const { store } = await show({ modelId: 'other', layers: 2 });
    const selected = store.getState().edit.head;
    expect(grids()).toHaveLength(2);
    expect(screen.getByText(/^There is no difference: A has/)).toBeTruthy();
    expect(document.querySelector('.hs-plot')).toBeNull();
    fireEvent.click(cell(1, 'L1H3').firstElementChild!);
    expect(store.getState().edit.head).toBe(selected);
    expect(cell(1, 'L1H3').getAttribute('aria-selected')).toBe('true');
  });

  it('offers the scores that both have where B lacks the chosen one', async () => {
    const { store } = await show();
    act(() => patch(store, 'view', { scoreId: 'sink' }));
    expect(screen.getByText(/^B has no values of/)).toBeTruthy();
    const select = screen.getByRole('combobox', { name: 'Score that A and B have' });
    expect([...select.querySelectorAll('option')].map(({ value }) => value)).toEqual(['', 'entropy']);
    fireEvent.change(select, { target: { value: 'entropy' } });
    expect(grids()).toHaveLength(3);
  });

  it('goes with the pin and comes back with undo; all heads stay one step away', async () => {
    const services = await show();
    fireEvent.click(screen.getByRole('radio', { name: 'all heads' }));
    expect(screen.getByRole('heading', { name: 'Two scores' })).toBeTruthy();
    fireEvent.click(screen.getByRole('radio', { name: 'A and B' }));
    expect(grids()).toHaveLength(3);
    fireEvent.click(screen.getByRole('button', { name: 'Unpin B' }));
    expect(grids()).toHaveLength(0);
    act(() => void runCommand(services, 'edit.undo'));
    expect(grids()).toHaveLength(3);
  });

  it('compares what is on screen with itself as equal', async () => {
    await show();
    fireEvent.click(screen.getByRole('button', { name: 'Pin A as B' }));
    expect(screen.getByText(/^A and B are the same prompt on the same model/)).toBeTruthy();
    expect(cell(2, 'L0H0').getAttribute('aria-label')).toMatch(/: 0\.0+ nats/);
  });
});
