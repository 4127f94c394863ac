import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
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
  sessions: join(base, 'sessions'),
  fonts: join(base, 'fonts'),
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

async function start(fake = createFakeElectron(), words: string[] = []) {
  await startDesktop(fake.electron, paths, words);
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
    app.emit('second-instance', {}, ['headscope'], base);
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
    await vi.waitFor(() => expect(log.quits).toBe(1));
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
    await vi.waitFor(() => expect(commands).toHaveLength(7));
    expect(commands).toEqual([
      'model.openFolder',
      'session.open',
      'session.save',
      'session.show',
      'engine.restart',
      'view.openPalette',
      'view.toggleTheme',
    ]);
  });
});

describe('session files', () => {
  const outside = join(base, 'outside');
  const file = join(outside, 'a.headscope');
  beforeEach(() => {
    mkdirSync(outside, { recursive: true });
    writeFileSync(file, 'no session');
    vi.stubEnv('HOME', join(base, 'home'));
  });

  /** What the page is asked to open; it may read it then. */
  async function opened(client: ReturnType<typeof clientOf>): Promise<string> {
    const { command, argument } = await new Promise<{ command: string; argument?: string }>((resolve) =>
      client.onEvent('shell.command', resolve),
    );
    expect(command).toBe('session.open');
    await expect(client.call('session.open', { path: argument! })).rejects.toMatchObject({ code: 'session-invalid' });
    return argument!;
  }

  it('are opened when they are given at the start, by a second start and by macOS', async () => {
    const first = await start(createFakeElectron(), ['.', file]);
    expect(await opened(clientOf(first.window.page()))).toBe(file);
    const second = await start();
    const client = clientOf(second.window.page());
    await new Promise((resolve) => client.onEvent('hello', resolve));
    second.app.emit('second-instance', {}, ['headscope', 'a.headscope'], outside);
    expect(await opened(client)).toBe(file);
    const third = createFakeElectron();
    const early = { preventDefault: vi.fn() };
    const starting = start(third);
    third.app.emit('open-file', early, file);
    const { window } = await starting;
    expect(await opened(clientOf(window.page()))).toBe(file);
    expect(early.preventDefault).toHaveBeenCalledOnce();
  });

  it('may be read when they were dropped, and not otherwise', async () => {
    const { window } = await start();
    const bridge = window.page();
    const client = clientOf(bridge);
    const open = () => client.call('session.open', { path: file });
    await expect(open()).rejects.toMatchObject({ code: 'not-allowed' });
    expect(bridge.pathOfFile({})).toBe('');
    await expect(open()).rejects.toMatchObject({ code: 'not-allowed' });
    expect(bridge.pathOfFile({ path: file })).toBe(file);
    await expect(open()).rejects.toMatchObject({ code: 'session-invalid' });
  });

  it('are chosen in the dialogs of the system', async () => {
    const { window, log } = await start();
    const client = clientOf(window.page());
    const pick = (what: 'open' | 'save', name = '') => client.call('session.pickFile', { what, name });
    log.picked.filePaths = [file];
    expect(await pick('open')).toEqual({ path: file });
    log.saved.filePath = join(outside, 'new');
    expect(await pick('save', '/etc/mine')).toEqual({ path: join(outside, 'new.headscope') });
    expect(log.dialogs[0]!['defaultPath']).toBe('mine.headscope');
    expect(log.asked).toEqual([]);
    log.saved.filePath = join(outside, 'a');
    expect(await pick('save')).toEqual({ path: file });
    log.button = 1;
    expect(await pick('save')).toEqual({ path: null });
    expect(log.asked.map(({ message }) => message)).toEqual(['Replace a.headscope?', 'Replace a.headscope?']);
    log.saved = { canceled: true, filePath: '' };
    log.picked = { canceled: true, filePaths: [] };
    expect([await pick('save'), await pick('open')]).toEqual([{ path: null }, { path: null }]);
  });

  it('are asked about before a window with unsaved changes is left, and then given up', async () => {
    const { app, window, log } = await start();
    const client = clientOf(window.page());
    await client.call('session.autosave', { state: {}, runs: [] });
    const kept = () => readdirSync(join(base, 'config', 'headscope', 'autosave'));
    expect(kept()).toHaveLength(1);
    const leave = (button: number) => {
      log.button = button;
      const preventDefault = vi.fn();
      window.webContents.emit('will-prevent-unload', { preventDefault });
      return preventDefault.mock.calls.length;
    };
    expect([leave(1), kept().length]).toEqual([0, 1]);
    expect(leave(0)).toBe(1);
    app.emit('window-all-closed');
    await vi.waitFor(() => expect(log.quits).toBe(1));
    expect(kept()).toEqual([]);
    expect(log.asked[0]).toMatchObject({ buttons: ['Leave without saving', 'Stay'] });
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
