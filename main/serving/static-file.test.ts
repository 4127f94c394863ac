import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readStaticFile } from './static-file.ts';

const base = mkdtempSync(join(tmpdir(), 'headscope-'));
afterAll(() => rmSync(base, { recursive: true }));
const folder = join(base, 'renderer');
mkdirSync(join(folder, 'assets'), { recursive: true });
mkdirSync(join(base, 'renderer-secret'));
writeFileSync(join(folder, 'index.html'), '<html>');
writeFileSync(join(folder, 'assets', 'a-1234.js'), '1');
writeFileSync(join(folder, 'assets', 'blob'), '1');
writeFileSync(join(base, 'secret.txt'), 'secret');
writeFileSync(join(base, 'renderer-secret', 'x'), 'secret');
symlinkSync(join(base, 'secret.txt'), join(folder, 'link.txt'));

it.each([
  ['/', 'text/html; charset=utf-8', 'no-cache'],
  ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['/assets/a-1234.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['/assets/blob', 'application/octet-stream', 'public, max-age=31536000, immutable'],
])('serves %s', async (path, type, caching) => {
  expect(await readStaticFile(folder, path)).toMatchObject({ type, caching });
});

it.each([
  '/nothing',
  '/assets',
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/../../secret.txt',
  '/../renderer-secret/x',
  '/..\\secret.txt',
  '/link.txt',
  '/index.html%00.js',
  '/%',
])('serves nothing for %s', async (path) => {
  expect(await readStaticFile(folder, path)).toBeUndefined();
});
