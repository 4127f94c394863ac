import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { AppContext } from './app-context.ts';
import { Notices } from './Notices.tsx';

afterEach(cleanup);

it('shows a probe run whose dialog is closed, with its progress, and cancels it', async () => {
  const services = startSession({ layers: 2, heads: 4, kvHeads: 2, layerMs: 5 });
  const { store, session, rest } = services;
  await rest();
  patch(store, 'ui', { dialog: 'probe' });
  render(
    <AppContext value={services}>
      <Notices />
    </AppContext>,
  );
  let run: Promise<unknown> = Promise.resolve();
  act(() => void (run = session.scores.runProbe({ task: 'repeat', samples: 10_000 }, 'Repeat')));
  expect(screen.queryByText(/Repeat/)).toBeNull();
  act(() => patch(store, 'ui', { dialog: undefined }));
  expect(await screen.findByText(/^Scoring over a probe set\. Repeat: Prompt \d+ of 10000/)).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(screen.queryByText(/Repeat/)).toBeNull();
  expect(store.getState().scores.probe).toBeUndefined();
  expect(await run).toBeUndefined();
});
