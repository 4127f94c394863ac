import { request as httpRequest } from 'node:http';
import { mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSessionFile, saveSessionFile } from '../files/session/session-file.ts';
import { SAMPLE_OPTIONS, sampleContent } from '../files/session/testing/sample-session.ts';
import { createSessionTransfer } from '../host/session-transfer.ts';
import { createPathGuard } from '../models/path-guard.ts';
import { createToken } from './token.ts';
import { startWebHost, type WebHost } from './web-host.ts';

const token = createToken();
const LIMIT = 100_000;
let root: string;
let host: WebHost;
let one: Uint8Array<ArrayBuffer>;
let two: Uint8Array<ArrayBuffer>;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'headscope-')));
  const transfer = createSessionTransfer(createPathGuard(root, [], root), LIMIT);
  const connect = (): void => undefined;
  host = await startWebHost({ port: 0, host: '127.0.0.1', token, renderer: root, connect, transfer });
  [one, two] = (await Promise.all(['one', 'two'].map(session))) as [typeof one, typeof two];
});
afterEach(async () => {
  await host.close();
  await rm(root, { recursive: true });
});

async function session(text: string): Promise<Uint8Array> {
  const path = join(root, `${text}.tmp`);
  await saveSessionFile(path, sampleContent(undefined, text), SAMPLE_OPTIONS);
  const bytes = new Uint8Array(await readFile(path));
  await rm(path);
  return bytes;
}

function ask(query: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) };
  return fetch(`http://127.0.0.1:${host.port}/session?${query}`, { ...init, headers });
}
const post = (query: string, body: Uint8Array<ArrayBuffer>) => ask(query, { method: 'POST', body });
const problem = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

describe('who is let in', () => {
  it.each<[string, Record<string, string>, number]>([
    ['nobody without the token', { authorization: '' }, 401],
    ['nobody with another one', { authorization: `Bearer ${createToken()}` }, 401],
    ['no other page', { origin: 'http://evil.com' }, 401],
    ['no opaque page', { origin: 'null' }, 401],
  ])('%s', async (_who, headers, status) => {
    await writeFile(join(root, 'a.headscope'), one);
    for (const method of ['GET', 'POST']) {
      const response = await ask('path=a.headscope&replace=1', { method, headers });
      expect([response.status, await problem(response)]).toEqual([status, 'not-allowed']);
    }
    expect(await readFile(join(root, 'a.headscope'))).toEqual(Buffer.from(one));
  });

  it('nobody by another name', async () => {
    const status = await new Promise((resolve) => {
      const headers = { host: 'evil.com', authorization: `Bearer ${token}` };
      httpRequest({ port: host.port, host: '127.0.0.1', path: '/session?path=a', headers }, (response) => {
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });

  it('the page itself', async () => {
    const headers = { origin: `http://127.0.0.1:${host.port}` };
    expect((await ask('path=a.headscope', { method: 'POST', body: one, headers })).status).toBe(200);
  });
});

describe('a file that is fetched', () => {
  it('comes whole, with its name', async () => {
    await writeFile(join(root, 'ein Kopf (1).headscope'), one);
    const response = await ask(`path=${encodeURIComponent('ein Kopf (1).headscope')}`);
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(one);
    expect(response.headers.get('content-disposition')).toBe(
      "attachment; filename*=UTF-8''ein%20Kopf%20%281%29.headscope",
    );
    expect(response.headers.get('content-type')).toBe('application/vnd.headscope.session+zip');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['path=gone.headscope', 404],
    ['path=/etc/passwd', 403],
    ['path=../x', 403],
    ['path=escape', 403],
    ['path=notes.txt', 415],
    ['path=', 400],
    ['', 400],
  ])('is refused: %s', async (query, status) => {
    await symlink('/etc/passwd', join(root, 'escape'));
    await writeFile(join(root, 'notes.txt'), 'private');
    expect((await ask(query)).status).toBe(status);
  });
});

describe('a file that is sent', () => {
  it('lies under the root, and is told about', async () => {
    const response = await post('path=sent', one);
    expect(await response.json()).toMatchObject({
      path: join(root, 'sent.headscope'),
      name: 'sent.headscope',
      bytes: one.length,
    });
    expect(await openSessionFile(join(root, 'sent.headscope'))).toMatchObject({ warnings: [] });
    expect(await readdir(root)).toEqual(['sent.headscope']);
  });

  it('replaces another only when told to, and that one becomes the backup', async () => {
    await post('path=a', one);
    const response = await post('path=a', two);
    expect([response.status, await problem(response)]).toEqual([409, 'not-allowed']);
    expect(await readFile(join(root, 'a.headscope'))).toEqual(Buffer.from(one));
    expect((await post('path=a&replace=1', two)).status).toBe(200);
    expect(await readFile(join(root, 'a.headscope'))).toEqual(Buffer.from(two));
    expect(await readFile(join(root, 'a.headscope.bak'))).toEqual(Buffer.from(one));
  });

  it('replaces nothing that came while it was on its way', async () => {
    const transfer = createSessionTransfer(createPathGuard(root, [], root));
    const slow = async function* () {
      yield one;
      await writeFile(join(root, 'a.headscope'), two);
    };
    await expect(transfer.upload('a', slow(), false)).rejects.toMatchObject({ details: { exists: true } });
    expect(await readdir(root)).toEqual(['a.headscope']);
    expect(await readFile(join(root, 'a.headscope'))).toEqual(Buffer.from(two));
  });

  it('is refused where it is no session, too large, or leads out, and leaves nothing behind', async () => {
    const nonsense = new TextEncoder().encode('nonsense');
    expect((await post('path=a', nonsense)).status).toBe(415);
    expect((await post('path=a', new Uint8Array())).status).toBe(415);
    expect((await post('path=a', new Uint8Array(LIMIT + 1))).status).toBe(413);
    expect((await post('path=../a', one)).status).toBe(403);
    expect((await post('path=gone/a', one)).status).toBe(507);
    expect((await ask('path=a', { method: 'DELETE' })).status).toBe(405);
    await writeFile(join(root, 'b.headscope'), 'my thesis');
    expect((await post('path=b&replace=1', one)).status).toBe(403);
    expect(await readdir(root)).toEqual(['b.headscope']);
  });

  it('leaves nothing behind when it stops half way', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-length': String(one.length) };
    const options = { port: host.port, host: '127.0.0.1', path: '/session?path=a', method: 'POST', headers };
    const sending = httpRequest(options);
    sending.on('error', () => undefined);
    sending.write(one.subarray(0, 1000));
    await vi.waitFor(async () => expect(await readdir(root)).toHaveLength(1));
    sending.destroy();
    await vi.waitFor(async () => expect(await readdir(root)).toEqual([]));
  });
});
