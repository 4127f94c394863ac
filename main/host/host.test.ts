import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName } from '../../shared/contract/methods.ts';
import { createClient } from '../../shared/rpc/client.ts';
import { createInProcessPair } from '../../shared/rpc/in-process.ts';
import { serve } from '../../shared/rpc/server.ts';
import type { EngineProcess } from '../engine/engine-process.ts';
import { findApp } from '../files/app-paths.ts';
import { createHost, type Host } from './host.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'headscope-')));
mkdirSync(join(base, 'root', 'model'), { recursive: true });
writeFileSync(join(base, 'root', 'model', 'config.json'), '{}');

/** An engine that opens everything and remembers what it was asked for. */
function fakeEngine(opened: string[]): EngineProcess {
  const [parent, child] = createInProcessPair();
  const exits: ((reason: string) => void)[] = [];
  const handlers = {
    'model.open': ({ path }: { path: string }) => {
      opened.push(path);
      return Promise.resolve({ name: 'tiny', architecture: 'GPT2LMHeadModel', layers: 2, heads: 3 });
    },
  };
  const served = serve<EngineMethodName>(child, handlers as unknown as Handlers<EngineMethodName>);
  served.emit('engine.ready', { afterExit: false });
  const kill = (): void => {
    child.close();
    setImmediate(() => exits.forEach((listener) => listener('killed by SIGKILL')));
  };
  return { transport: parent, kill, onExit: (listener) => exits.push(listener) };
}

describe('host', () => {
  let host: Host | undefined;
  afterEach(() => {
    host?.dispose();
    rmSync(join(base, 'config'), { recursive: true, force: true });
  });
  const start = async (shell: 'desktop' | 'browser' = 'browser') => {
    const opened: string[] = [];
    const folders = {
      root: join(base, 'root'),
      configFolder: join(base, 'config'),
      huggingFaceCache: join(base, 'hub'),
    };
    host = await createHost({ shell, app: findApp(), spawn: () => fakeEngine(opened), ...folders });
    const [page, end] = createInProcessPair();
    host.connect(end);
    return { client: createClient(page), opened };
  };

  it('greets with version and shell first', async () => {
    const { client } = await start();
    const hello = await new Promise((resolve) => client.onEvent('hello', resolve));
    expect(hello).toMatchObject({
      protocol: 1,
      shell: 'browser',
      platform: process.platform,
      version: findApp().version,
    });
  });

  it('opens the shipped model and folders under the root, and remembers folders only', async () => {
    const { client, opened } = await start();
    await client.call('model.open', { path: 'demo' });
    await client.call('model.open', { path: 'model' });
    const model = join(base, 'root', 'model');
    expect(opened).toEqual(['demo', model]);
    const { models } = await client.call('shell.models', {});
    expect(models.filter(({ source }) => source === 'recent')).toEqual([
      { path: model, name: 'tiny', detail: 'GPT2LMHeadModel, 2 layers × 3 heads', source: 'recent' },
    ]);
  });

  it('refuses folders outside without asking the engine', async () => {
    const { client, opened } = await start();
    await expect(client.call('model.open', { path: '/etc' })).rejects.toMatchObject({ code: 'not-allowed' });
    expect(opened).toEqual([]);
  });

  it('lets no page name files for the engine', async () => {
    const { client } = await start();
    const attach = client.call('run.attach', {
      runId: 'a',
      run: {} as never,
      tensors: { path: '/etc/passwd', offset: 0, bytes: 1 },
    });
    await expect(attach).rejects.toMatchObject({ code: 'not-allowed' });
    const write = client.call('run.writeTensors', { runId: 'a', path: join(base, 'root', 'x') });
    await expect(write).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it('saves and opens sessions under the root, and keeps unsaved work for the next page', async () => {
    const { client } = await start();
    const content = { state: { notes: { version: 1, data: { text: 'mine' } } }, runs: [] };
    const { path } = await client.call('session.save', { ...content, path: 'a', tensors: false });
    expect(path).toBe(join(base, 'root', 'a.headscope'));
    const opened = await client.call('session.open', { path });
    expect(opened).toMatchObject({ state: content.state, model: null });
    await client.call('session.autosave', { ...content, sessionId: opened.sessionId });
    expect(await client.call('session.recoverable', {})).toEqual({ sessions: [] });
    const [page, end] = createInProcessPair();
    host!.connect(end);
    const { sessions } = await createClient(page).call('session.recoverable', {});
    expect(sessions.map(({ name }) => name)).toEqual(['a.headscope']);
    await expect(client.call('session.open', { path: '/etc/passwd' })).rejects.toMatchObject({ code: 'not-allowed' });
    await host!.grantFile('/etc/passwd');
    await expect(client.call('session.open', { path: '/etc/passwd' })).rejects.toMatchObject({
      code: 'session-invalid',
    });
  });

  it('tells the page of the end and the return of the engine', async () => {
    const { client } = await start();
    await client.call('model.open', { path: 'demo' });
    const exited = new Promise((resolve) => client.onEvent('engine.exited', resolve));
    const ready = new Promise((resolve) => {
      client.onEvent('engine.ready', (data) => {
        if (data.afterExit) resolve(data);
      });
    });
    await client.call('shell.restartEngine', {});
    expect(await exited).toEqual({ reason: 'it was restarted', byRequest: true });
    expect(await ready).toEqual({ afterExit: true });
  });
});
