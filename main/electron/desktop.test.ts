import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DesktopBridge } from '../../shared/contract/desktop-bridge.ts';
import { createClient } from '../../shared/rpc/client.ts';
import { createPortTransport } from '../../shared/rpc/port-transport.ts';
import type { AppPaths } from '../files/app-paths.ts';
import { startDesktop } from './desktop.ts';
import { createFakeElectron, FakeWindow } from './testing/fake-electron.ts';
import { forkUtilityEngine } from './utility-engine.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'headscope-')));
afterAll(() => rmSync(base, { recursive: true }));
mkdirSync(join(base, 'renderer'));
writeFileSync(join(base, 'renderer', 'index.html'), '<!doctype html>');
writeFileSync(join(base, 'secret.txt'), 'secret');
const paths: AppPaths = {
  root: base,
  version: '1.2.3',
  engineEntry: join(base, 'engine.js'),
  renderer: join(base, 'renderer'),
  preload: join(base, 'preload.cjs'),
  shippedModel: join(base, 'model'),
  tasks: join(base, 'tasks'),
  addon: join(base, 'attention.node'),
  examples: join(base, 'examples.json'),
};

beforeEach(() => void vi.stubEnv('XDG_CONFIG_HOME', join(base, 'config')));
afterEach(() => void vi.unstubAllEnvs());

/** What the page makes of the bridge. */
function clientOf(bridge: DesktopBridge) {
  return createClient(
    createPortTransport({
      post: (frame) => bridge.send(frame),
      onMessage: (listener) => void bridge.onFrame(listener),
      onClose: () => undefined,
      close: () => undefined,
    }),
  );
}

async function start(fake = createFakeElectron()) {
  await startDesktop(fake.electron, paths);
  const window = FakeWindow.all[0]!;
  return { ...fake, window, engine: () => fake.log.forks.at(-1)!.process };
}

describe('desktop window', () => {
  it('is sandboxed, isolated and without Node, and shows the page of its own scheme', async () => {
    const { window } = await start();
    expect(window.options['webPreferences']).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      preload: paths.preload,
    });
    expect(window.webContents.mainFrame.url).toBe('app://headscope/index.html');
    await vi.waitFor(() => expect(window.shown).toBe(true));
  });

  it('denies navigation, windows, guests and permissions', async () => {
    const { window, log } = await start();
    for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      const preventDefault = vi.fn();
      window.webContents.emit(event, { preventDefault });
      expect(preventDefault, event).toHaveBeenCalledOnce();
    }
    expect(window.webContents.openHandler!({ url: 'https://example.com' })).toEqual({ action: 'deny' });
    const answer = vi.fn();
    log.permission['request']!({} as never, 'media' as never, answer as never);
    expect(answer).toHaveBeenCalledWith(false);
    expect([log.permission['check']!(), log.permission['device']!()]).toEqual([false, false]);
  });

  it('serves only the built page, with the policy', async () => {
    const { log } = await start();
    const get = (url: string) => log.handlers.get('app')!({ url, method: 'GET' });
    const page = await get('app://headscope/index.html');
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html>']);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    for (const url of ['app://headscope/..%2fsecret.txt', 'app://headscope/../secret.txt', 'app://other/index.html']) {
      expect((await get(url)).status, url).toBe(404);
    }
    expect(log.schemes).toMatchObject([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
  });

  it('runs once: a second start quits, the first comes to the front', async () => {
    const second = createFakeElectron();
    second.log.hasLock = false;
    await startDesktop(second.electron, paths);
    expect([second.log.quits, FakeWindow.all.length]).toEqual([1, 0]);
    const { app, window } = await start();
    app.emit('second-instance');
    expect(window.focused).toBe(true);
  });

  it('starts the engine as a utility process and ends it at quit', async () => {
    const { app, log, engine } = await start();
    expect(log.forks).toHaveLength(1);
    expect(log.forks[0]!.entry).toBe(paths.engineEntry);
    expect(log.forks[0]!.options.env['HEADSCOPE_SHIPPED_MODEL']).toBe(paths.shippedModel);
    expect(log.forks[0]!.options.env['HEADSCOPE_TASKS']).toBe(paths.tasks);
    engine().pid = undefined; // not started yet: nothing real may be killed here
    const kill = vi.spyOn(engine(), 'kill');
    app.emit('will-quit');
    expect(kill).toHaveBeenCalledOnce();
    app.emit('window-all-closed');
    expect(log.quits).toBe(1);
  });
});

describe('desktop bridge', () => {
  it('greets the page, carries typed arrays both ways and passes on calls to the engine', async () => {
    const { window, engine } = await start();
    const client = clientOf(window.page());
    const hello = await new Promise((resolve) => client.onEvent('hello', resolve));
    expect(hello).toMatchObject({ shell: 'desktop', version: '1.2.3' });
    engine().emit('message', { type: 'event', event: 'engine.ready', data: { afterExit: false } });
    const call = client.call('prompt.tokenize', { prompt: { kind: 'ids', ids: Int32Array.of(1, 2) } });
    await vi.waitFor(() => expect(engine().received).toHaveLength(1));
    expect(engine().received[0]).toMatchObject({ params: { prompt: { ids: Int32Array.of(1, 2) } } });
    engine().emit('message', { type: 'result', id: 1, result: { ids: Int32Array.of(3), tokens: [] } });
    expect((await call).ids).toEqual(Int32Array.of(3));
  });

  it('hears only the top frame of our own page', async () => {
    const { window, log } = await start();
    log.picked.filePaths = ['/models'];
    const heard = vi.fn();
    for (const frame of [{ url: 'app://headscope/index.html' }, { url: 'https://example.com' }]) {
      const client = clientOf(window.page(frame));
      client.onEvent('hello', heard);
      client.call('shell.pickFolder', {}).then(heard, heard);
    }
    window.webContents.mainFrame.url = 'https://example.com/';
    clientOf(window.page()).onEvent('hello', heard);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).not.toHaveBeenCalled();
  });

  it('opens a connection for a reloaded page and cancels what the old one asked for', async () => {
    const { window, engine } = await start();
    engine().emit('message', { type: 'event', event: 'engine.ready', data: { afterExit: false } });
    const before = clientOf(window.page());
    void before.call('run.estimate', { tokens: 1 }).catch(() => undefined);
    await vi.waitFor(() => expect(engine().received).toHaveLength(1));
    window.toPage.removeAllListeners();
    const hello = new Promise((resolve) => clientOf(window.page()).onEvent('hello', resolve));
    expect(await hello).toMatchObject({ shell: 'desktop' });
    expect(engine().received[1]).toEqual({ type: 'cancel', id: 1 });
    engine().emit('message', { type: 'error', id: 1, error: { code: 'cancelled', message: 'Cancelled.' } });
  });

  it('shows the folder dialog', async () => {
    const { window, log } = await start();
    const client = clientOf(window.page());
    log.picked.filePaths = ['/models/a'];
    expect(await client.call('shell.pickFolder', {})).toEqual({ path: '/models/a' });
    log.picked = { canceled: true, filePaths: [] };
    expect(await client.call('shell.pickFolder', {})).toEqual({ path: null });
  });

  it('sends what was chosen in the menu', async () => {
    const { window, log } = await start();
    const client = clientOf(window.page());
    await new Promise((resolve) => client.onEvent('hello', resolve));
    const commands: string[] = [];
    client.onEvent('shell.command', ({ command }) => commands.push(command));
    for (const menu of log.menu) for (const item of menu.submenu ?? []) item.click?.();
    await vi.waitFor(() => expect(commands).toHaveLength(4));
    expect(commands).toEqual(['model.openFolder', 'engine.restart', 'view.openPalette', 'view.toggleTheme']);
  });
});

describe('utility engine', () => {
  it('is killed with SIGKILL once it has a process, and reports its exit code', () => {
    const { electron, log } = createFakeElectron();
    const killed: unknown[] = [];
    const engine = forkUtilityEngine(electron, { entry: 'e', shippedModel: 'm', tasks: 't', addon: 'a' }, (...args) =>
      killed.push(args),
    );
    const reasons: string[] = [];
    engine.onExit((reason) => reasons.push(reason));
    engine.kill();
    log.forks[0]!.process.emit('exit', 9);
    expect([killed, reasons]).toEqual([[[4242, 'SIGKILL']], ['exit code 9']]);
  });
});
