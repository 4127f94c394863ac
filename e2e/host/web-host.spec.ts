/** The built web host as a process, without a browser: who is let in, and that the engine behind it is real. */
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { closeCode, connect, openSocket } from '../support/rpc.ts';
import { startHost, type RunningHost } from '../support/web-host.ts';

let host: RunningHost;
test.beforeAll(async () => {
  host = await startHost();
});
test.afterAll(() => host.stop());

test('serves the page with a strict policy', async ({ request }) => {
  const response = await request.get(host.url.split('#', 1)[0]!);
  expect(response.status()).toBe(200);
  const headers = response.headers();
  expect(headers['content-security-policy']).toContain("default-src 'self'");
  expect(headers['content-security-policy']).not.toContain('unsafe-eval');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(await response.text()).toContain('<div id="root">');
});

test('refuses wrong tokens, foreign origins and foreign names', async ({ request }) => {
  expect(await closeCode(openSocket(host.port, { token: 'x'.repeat(43) }))).toBe(4401);
  for (const headers of [{ origin: 'http://evil.example' }, { host: 'evil.example', origin: 'http://evil.example' }]) {
    const socket = openSocket(host.port, { token: host.token, headers: headers });
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(403);
  }
  const foreign = await request.get(`http://127.0.0.1:${host.port}/`, { headers: { host: 'evil.example' } });
  expect(foreign.status()).toBe(403);
});

test('serves one page at a time', async () => {
  const first = await connect(host.port, { token: host.token });
  expect(await closeCode(openSocket(host.port, { token: host.token }))).toBe(4409);
  const gone = closeCode(first.socket);
  const second = await connect(host.port, { token: host.token, takeOver: true });
  expect(await gone).toBe(4410);
  second.client.close();
});

test('answers through a real engine, and starts another when it is killed', async () => {
  const { client } = await connect(host.port, { token: host.token });
  await expect(client.call('run.estimate', { tokens: 10 })).rejects.toMatchObject({ code: 'no-model' });
  const back = new Promise<void>((resolve) => {
    client.onEvent('engine.ready', ({ afterExit }) => {
      if (afterExit) resolve();
    });
  });
  await client.call('shell.restartEngine', {});
  await back;
  await expect(client.call('run.estimate', { tokens: 10 })).rejects.toMatchObject({ code: 'no-model' });
  client.close();
});

test('opens nothing outside its root', async () => {
  const { client } = await connect(host.port, { token: host.token });
  await expect(client.call('model.open', { path: '/etc' })).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(client.call('shell.browse', { path: join(host.root, '..') })).rejects.toMatchObject({
    code: 'not-allowed',
  });
  await expect(client.call('shell.pickFolder', {})).rejects.toMatchObject({ code: 'not-allowed' });
  cpSync(join(import.meta.dirname, 'web-host.spec.ts'), join(host.root, 'not-a-model', 'x'), { recursive: true });
  await expect(client.call('model.open', { path: 'not-a-model' })).rejects.toMatchObject({ code: 'not-a-model' });
  client.close();
});
