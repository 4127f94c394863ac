// @vitest-environment node
import { expect, it } from 'vitest';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { runCommand } from './registry.ts';

it('restarts an engine that the host has given up on', async () => {
  const services = startSession();
  await services.rest();
  const error = { code: 'engine-died', message: 'The engine process ended again and again.' } as const;
  patch(services.store, 'host', { engine: 'restarting' });
  patch(services.store, 'model', { failed: { path: 'demo', error } });

  expect(runCommand(services, 'engine.restart')).toBe(true);
  await services.rest();
  expect(services.store.getState().model.failed).toBeUndefined();
  expect(services.host.engine.calls.map(({ method }) => method)).toContain('shell.restartEngine');
});
