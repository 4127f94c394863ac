import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { miniaturesKey, scoresKey } from '../engine/data-keys.ts';
import { shownRun } from '../state/selectors.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { HeadPanel } from './HeadPanel.tsx';

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  stubElementSize(0, 0);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('the atlas is busy while the engine comes back, not after it was given up', async () => {
  const { host, rest, ...services } = startSession();
  await rest();
  const { container } = render(
    <AppContext value={services}>
      <HeadPanel />
    </AppContext>,
  );
  const busy = () => container.querySelector('.hs-atlas')?.getAttribute('aria-busy');
  const step = (work: () => unknown) =>
    act(async () => {
      work();
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
  expect(busy()).toBe('false');
  let open: (() => void) | undefined;
  host.engine.gate = new Promise((resolve) => (open = resolve));
  for (let death = 0; death < 3; death++) {
    await step(() => host.kill());
    expect(busy()).toBe('true');
    await step(() => host.revive());
    expect(busy()).toBe(death < 2 ? 'true' : 'false');
  }
  expect(container.querySelector('.hs-atlas--stale')).not.toBeNull();
  await step(() => {
    void services.session.tryAgain();
  });
  expect(busy()).toBe('true');
  open?.();
  await act(async () => rest());
  expect(busy()).toBe('false');
});

it('asks for small maps once they are wanted, once a run, and can ask again', async () => {
  const { host, rest, ...services } = startSession();
  await rest();
  render(
    <AppContext value={services}>
      <HeadPanel />
    </AppContext>,
  );
  const asked = () => host.engine.calls.filter(({ method }) => method === 'run.miniatures').length;
  const choose = async (name: string) => {
    fireEvent.click(screen.getByRole('radio', { name }));
    await act(async () => rest());
  };
  expect(asked()).toBe(0);
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'score' }).checked).toBe(true);

  const key = miniaturesKey(shownRun(services.store.getState())!.key);
  act(() =>
    services.cache.set(key, { status: 'failed', error: { code: 'not-finite', message: 'The maps hold NaN.' } }),
  );
  await choose('maps');
  expect(screen.getByRole('alert').textContent).toContain('The maps hold NaN.');
  expect(screen.queryByRole('grid')).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await act(async () => rest());
  expect(document.querySelector('.hs-atlas--maps')?.textContent).toContain('Largest p in this map');

  const before = asked();
  await choose('score');
  expect(document.querySelector('.hs-atlas--maps')).toBeNull();
  await choose('maps');
  expect(asked()).toBe(before);
});

it('keeps the scores on screen where those of the next run do not come, and tells why', async () => {
  const { rest, ...services } = startSession();
  await rest();
  render(
    <AppContext value={services}>
      <HeadPanel />
    </AppContext>,
  );
  expect(screen.getByRole('grid')).toBeDefined();
  const key = scoresKey(shownRun(services.store.getState())!.key);
  act(() =>
    services.cache.set(key, { status: 'failed', error: { code: 'not-finite', message: 'The rows hold NaN.' } }),
  );
  expect(screen.getByRole('alert').textContent).toContain('The rows hold NaN.');
  const atlas = screen.getByRole('grid').closest('.hs-atlas');
  expect([atlas?.classList.contains('hs-atlas--stale'), atlas?.getAttribute('aria-busy')]).toEqual([true, 'false']);
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await act(async () => rest());
  expect(screen.queryByRole('alert')).toBeNull();
});
