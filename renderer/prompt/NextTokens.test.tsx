import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { setInterventions } from '../state/edits.ts';
import { startSession } from '../testing/start-session.ts';
import { NextTokens } from './NextTokens.tsx';

afterEach(cleanup);

it('shows the clean run as it is once nothing is changed any more', async () => {
  const { rest, ...services } = startSession();
  await rest();
  render(
    <AppContext value={services}>
      <NextTokens />
    </AppContext>,
  );
  const table = () => screen.getByRole('region', { name: 'Candidates for the next token' });
  const change = (what: Parameters<typeof setInterventions>[1]) =>
    act(async () => {
      setInterventions(services.store, what);
      await rest();
    });
  await change([{ what: 'zero', where: { layer: 0, head: 1 } }]);
  expect(table().textContent).toMatch(/^KL\(clean ‖ ablated\) \d/);
  expect(table().classList).not.toContain('hs-stale');
  await change([]);
  expect(table().textContent).not.toContain('KL');
  expect(table().classList).not.toContain('hs-stale');
});
