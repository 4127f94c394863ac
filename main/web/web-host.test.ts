import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Transport } from '../../shared/contract/frames.ts';
import { createClient } from '../../shared/rpc/client.ts';
import { CLOSE_CODES, createSocketTransport, offeredSubprotocols } from '../../shared/rpc/socket-transport.ts';
import { serveConformance } from '../../shared/rpc/testing/conformance-server.ts';
import { describeTransport } from '../../shared/rpc/testing/transport-conformance.ts';
import { createSessionTransfer } from '../host/session-transfer.ts';
import { createPathGuard } from '../models/path-guard.ts';
import { createToken } from './token.ts';
import { startWebHost, type WebHost } from './web-host.ts';

const renderer = mkdtempSync(join(tmpdir(), 'headscope-'));
writeFileSync(join(renderer, 'index.html'), '<!doctype html>');
afterAll(() => rmSync(renderer, { recursive: true }));
const token = createToken();
const transfer = createSessionTransfer(createPathGuard(renderer, [], renderer));

function start(connect: (transport: Transport) => void = serveConformance): Promise<WebHost> {
  return startWebHost({ port: 0, host: '127.0.0.1', token, renderer, connect, transfer });
}

function open(port: number, protocols: string[], headers: Record<string, string> = {}, path = '/rpc'): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
  socket.on('error', () => undefined);
  return socket;
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number];
  return code;
}

describeTransport('WebSocket', async () => {
  const served: Transport[] = [];
  const host = await start((transport) => {
    served.push(transport);
    serveConformance(transport);
  });
  const socket = open(host.port, offeredSubprotocols(token, false));
  const client = createSocketTransport(socket);
  await once(socket, 'open');
  return { client, killServer: () => served[0]!.close(), dispose: () => host.close() };
});

describe('web host', () => {
  let host: WebHost;
  beforeEach(async () => {
    host = await start();
  });
  afterEach(() => host.close());

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      request({ port: host.port, host: '127.0.0.1', path, method, headers }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      })
        .on('error', reject)
        .end();
    });

  it('serves the page without a token, with a strict policy', async () => {
    const { status, headers, body } = await get('/');
    expect([status, body]).toEqual([200, '<!doctype html>']);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${host.port}`);
    expect(policy).not.toContain('unsafe-eval');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
  });

  it('answers what is not there, other methods and other names', async () => {
    expect((await get('/nothing')).status).toBe(404);
    expect((await get('/../../etc/passwd')).status).toBe(404);
    expect((await get('/', {}, 'POST')).status).toBe(405);
    expect((await get('/', { host: 'evil.com' })).status).toBe(403);
    expect(await get('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('puts the token into the fragment of the URL', () => {
    expect(host.url).toBe(`http://127.0.0.1:${host.port}/#token=${token}`);
  });

  it('refuses a missing and a wrong token with 4401', async () => {
    for (const protocols of [['headscope'], ['headscope', 'token.'], offeredSubprotocols(createToken(), false)]) {
      expect(await closeCode(open(host.port, protocols))).toBe(CLOSE_CODES.badToken);
    }
  });

  it.each([
    ['a foreign origin', { origin: 'http://evil.com' }, '/rpc', 403],
    ['the opaque origin', { origin: 'null' }, '/rpc', 403],
    ['a rebound name', { host: 'evil.com', origin: 'http://evil.com' }, '/rpc', 403],
    ['another path', {}, '/other', 404],
  ])('refuses %s before the handshake', async (_what, headers, path, status) => {
    const socket = open(host.port, offeredSubprotocols(token, false), headers, path);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(status);
  });

  it('accepts its own origin and selects its protocol', async () => {
    const origin = `http://127.0.0.1:${host.port}`;
    const socket = open(host.port, offeredSubprotocols(token, false), { origin });
    await once(socket, 'open');
    expect(socket.protocol).toBe('headscope');
  });

  it('refuses a second page, and lets one in after the first has left', async () => {
    const first = open(host.port, offeredSubprotocols(token, false));
    await once(first, 'open');
    expect(await closeCode(open(host.port, offeredSubprotocols(token, false)))).toBe(CLOSE_CODES.busy);
    // As in a reload: the second comes while the first is on its way out.
    setTimeout(() => first.close(), 50);
    const third = open(host.port, offeredSubprotocols(token, false));
    const client = createClient(createSocketTransport(third));
    expect(await new Promise((resolve) => client.onEvent('hello', resolve))).toMatchObject({ protocol: 1 });
  });

  it('lets a page take over', async () => {
    const first = open(host.port, offeredSubprotocols(token, false));
    await once(first, 'open');
    const gone = closeCode(first);
    const second = open(host.port, offeredSubprotocols(token, true));
    const client = createClient(createSocketTransport(second));
    await new Promise((resolve) => client.onEvent('hello', resolve));
    expect(await gone).toBe(CLOSE_CODES.takenOver);
    expect(await client.call('run.estimate', { tokens: 3 })).toMatchObject({ tokens: 3 });
  });

  it('closes on messages that are no frames, and stays up', async () => {
    for (const message of ['text', Buffer.from([255, 255, 255, 255, 0])]) {
      const socket = open(host.port, offeredSubprotocols(token, true));
      await once(socket, 'open');
      socket.send(message);
      expect(await closeCode(socket)).toBe(CLOSE_CODES.badFrame);
    }
    expect((await get('/')).status).toBe(200);
  });

  it('says what to do when the port is taken', async () => {
    const again = startWebHost({
      port: host.port,
      host: '127.0.0.1',
      token,
      renderer,
      connect: () => undefined,
      transfer,
    });
    await expect(again).rejects.toMatchObject({ code: 'io', message: `Port ${host.port} of 127.0.0.1 is taken.` });
  });
});
