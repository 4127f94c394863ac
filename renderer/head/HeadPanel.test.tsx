import { act, cleanup, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { startSession } from '../testing/start-session.ts';
import { HeadPanel } from './HeadPanel.tsx';

beforeEach(() => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe = () => undefined;
      disconnect = () => undefined;
    },
  );
});
afterEach(() => {
  cleanup();
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
