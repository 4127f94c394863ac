import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { sinksKey } from '../engine/data-keys.ts';
import { shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { SinksPanel } from './SinksPanel.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function open() {
  stubElementSize(400, 200);
  const { host, rest, ...services } = startSession();
  await rest();
  patch(services.store, 'view', { dockTab: 'sinks' });
  await rest();
  render(
    <AppContext value={services}>
      <SinksPanel />
    </AppContext>,
  );
  await act(async () => rest());
  return { host, rest, ...services };
}

it('shows the position that most heads rest on, its heads and what makes it a sink', async () => {
  const { store } = await open();
  const heads = screen.getByRole('group', { name: /rest here, strongest first/ });
  const names = within(heads)
    .getAllByRole('button')
    .map((button) => button.textContent);
  expect(names[0]).toBe('L3H7 0.94');
  expect(names).toHaveLength(22);
  fireEvent.click(within(heads).getByRole('button', { name: /L3H7/ }));
  expect(store.getState().edit.head).toEqual({ layer: 3, head: 7 });
  expect(screen.getByText(/It grows most before boundary 1: ×3/)).toBeDefined();
  expect(screen.getByRole('table', { name: /What makes it a sink/ }).textContent).toContain('0.050');
});

it('goes to another position by key and by pointer, and pins its token', async () => {
  const { store } = await open();
  fireEvent.keyDown(screen.getByRole('grid'), { key: 'ArrowRight' });
  expect(store.getState().edit.pinnedToken).toBe(2);
  expect(screen.getByRole('columnheader', { name: /^Key 2 / }).getAttribute('aria-selected')).toBe('true');
  fireEvent.click(screen.getByRole('columnheader', { name: /^Key 0 / }));
  expect(store.getState().edit.pinnedToken).toBe(0);
});

it('asks again under another threshold, and says where nothing is over it', async () => {
  const { rest, host, cache, store } = await open();
  fireEvent.change(screen.getByRole('spinbutton'), { target: { value: '0.95' } });
  await act(async () => rest());
  expect(host.engine.calls.filter(({ method }) => method === 'run.sinks')).toHaveLength(2);
  expect(screen.getByText('0.0%')).toBeDefined();
  const key = sinksKey(shownRun(store.getState())!.key, 0.95);
  act(() => cache.set(key, { status: 'failed', error: { code: 'not-stored', message: 'The file lacks V.' } }));
  expect(screen.getByText('The file lacks V.')).toBeDefined();
});
