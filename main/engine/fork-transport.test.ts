import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll } from 'vitest';
import { describeTransport } from '../../shared/rpc/testing/transport-conformance.ts';
import { wrapChild } from './fork-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'headscope-child-'));
const child = join(folder, 'child.mjs');

beforeAll(async () => {
  const entry = fileURLToPath(new URL('testing/conformance-child.ts', import.meta.url));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: { ssr: entry, outDir: folder, rolldownOptions: { output: { entryFileNames: 'child.mjs' } } },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

describeTransport('child process', () => {
  const engine = wrapChild(fork(child, [], { serialization: 'advanced' }));
  const kill = (): void => engine.kill();
  return Promise.resolve({ client: engine.transport, killServer: kill, dispose: kill });
});
