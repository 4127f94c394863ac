import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findApp } from '../files/app-paths.ts';
import { findElectron, installElectron } from './electron-runtime.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headscope-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('findElectron', () => {
  const fakePackage = join('node_modules', 'electron');

  it('finds the program that the package points to, once it is there', () => {
    expect(findElectron(folder, {})).toBeUndefined();
    mkdirSync(join(folder, fakePackage, 'dist'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{}');
    writeFileSync(join(folder, fakePackage, 'package.json'), '{"name":"electron"}');
    expect(findElectron(folder, {})).toBeUndefined();
    writeFileSync(join(folder, fakePackage, 'path.txt'), 'electron');
    expect(findElectron(folder, {})).toBeUndefined();
    const program = join(folder, fakePackage, 'dist', 'electron');
    writeFileSync(program, '');
    chmodSync(program, 0o755);
    expect(findElectron(folder, {})).toBe(program);
    expect(findElectron(folder, { ELECTRON_OVERRIDE_DIST_PATH: folder })).toBeUndefined();
  });
});

describe('installElectron', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function install(answer: RequestListener): Promise<number[]> {
    server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('ELECTRON_MIRROR', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    vi.stubEnv('electron_config_cache', join(folder, 'cache'));
    const seen: number[] = [];
    await installElectron(findApp().root, (done) => seen.push(done), 300);
    return seen;
  }

  it('gives up when there is no answer', async () => {
    await expect(install(() => undefined)).rejects.toMatchObject({
      code: 'io',
      message: expect.stringMatching(/no answer within \d+ second/) as string,
    });
  });

  it('gives up when the download stands still', async () => {
    const stalled = install((_request, response) => {
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('x');
    });
    await expect(stalled).rejects.toMatchObject({ message: expect.stringMatching(/no answer/) as string });
  });

  it('says what the server said', async () => {
    const missing = install((_request, response) => response.writeHead(404).end());
    await expect(missing).rejects.toMatchObject({ message: expect.stringMatching(/404/) as string });
  });

  it('refuses what does not have the right checksum', async () => {
    const wrong = install((_request, response) => response.end('not electron'));
    await expect(wrong).rejects.toMatchObject({ code: 'io' });
  });
});
