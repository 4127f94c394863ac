import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findApp } from './app-paths.ts';

it('finds this repository from its own files', () => {
  const { root, engineEntry } = findApp();
  expect(engineEntry).toBe(join(root, 'out', 'main', 'engine.js'));
});

it('passes by packages of other names, and points out of the archive for the weights', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headscope-'));
  const app = join(folder, 'app.asar');
  const chunks = join(app, 'out', 'main', 'chunks');
  mkdirSync(chunks, { recursive: true });
  writeFileSync(join(app, 'package.json'), '{"name":"headscope","version":"1.2.3"}');
  writeFileSync(join(app, 'out', 'package.json'), '{"name":"other"}');
  expect(findApp(chunks)).toMatchObject({
    root: app,
    version: '1.2.3',
    shippedModel: join(folder, 'app.asar.unpacked', 'resources', 'model'),
    tasks: join(folder, 'app.asar.unpacked', 'resources', 'tasks'),
    addon: join(folder, 'app.asar.unpacked', 'out', 'addon', 'attention.node'),
  });
  rmSync(folder, { recursive: true });
});
