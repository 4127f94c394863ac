import { expect, it } from 'vitest';
import { createInProcessPair } from './in-process.ts';
import { serveConformance } from './testing/conformance-server.ts';
import { describeTransport } from './testing/transport-conformance.ts';

describeTransport('in-process', () => {
  const [client, server] = createInProcessPair();
  serveConformance(server);
  return Promise.resolve({ client, killServer: () => server.close(), dispose: () => client.close() });
});

it('delivers later, never within send', async () => {
  const [a, b] = createInProcessPair();
  let delivered = false;
  b.onFrame(() => (delivered = true));
  a.send({ type: 'cancel', id: 1 });
  expect(delivered).toBe(false);
  await Promise.resolve();
  expect(delivered).toBe(true);
});
