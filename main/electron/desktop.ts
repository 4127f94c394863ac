import type { Served } from '../../shared/rpc/server.ts';
import type { AppPaths } from '../files/app-paths.ts';
import { createHost, type Host } from '../host/host.ts';
import { PAGE_URL, registerScheme, serveScheme } from './app-scheme.ts';
import { confirmLeaving, createPickFile } from './file-dialogs.ts';
import { lockDown } from './lock-down.ts';
import { menuTemplate, type MenuCommand } from './menu.ts';
import type { ElectronModules } from './modules.ts';
import { sessionArgument } from './session-arguments.ts';
import { forkUtilityEngine } from './utility-engine.ts';
import { onFileDropped, onPageConnection } from './window-transport.ts';

/** Colours of the page's background, so that a starting window does not flash. */
const BACKGROUND = { dark: '#16181c', light: '#ffffff' };

/**
 * Runs the desktop app: one window, one engine. A second start only brings the window of the first to the front, with
 * the session file that it was given.
 */
export async function startDesktop(
  electron: ElectronModules,
  app: AppPaths,
  words: readonly string[] = process.argv.slice(1),
): Promise<void> {
  if (!electron.app.requestSingleInstanceLock()) {
    electron.app.quit();
    return;
  }
  registerScheme(electron.protocol);
  const files = createFileQueue();
  files.open(sessionArgument(words, process.cwd()));
  electron.app.on('open-file', (event, path) => {
    event.preventDefault();
    files.open(path);
  });
  electron.app.on('second-instance', (_event, otherWords, folder) => {
    const [window] = electron.BrowserWindow.getAllWindows();
    if (window?.isMinimized()) window.restore();
    window?.focus();
    files.open(sessionArgument(otherWords.slice(1), folder));
  });
  await electron.app.whenReady();
  lockDown(electron);
  serveScheme(electron.protocol, app.renderer);

  const host = await createHost({
    shell: 'desktop',
    app,
    spawn: () =>
      forkUtilityEngine(electron, {
        entry: app.engineEntry,
        shippedModel: app.shippedModel,
        tasks: app.tasks,
        addon: app.addon,
      }),
    pickFolder: () => pickFolder(electron),
    pickFile: createPickFile(electron),
  });
  electron.app.on('will-quit', () => host.dispose());
  openWindow(electron, app, host, files);
}

/** Session files that the system asked to open, one after the other; before there is a page, the last one waits. */
interface FileQueue {
  open(path: string | undefined): void;
  onFile(listener: (path: string) => void): void;
}

function createFileQueue(): FileQueue {
  let waiting: string | undefined;
  let listener: ((path: string) => void) | undefined;
  return {
    open(path) {
      if (path === undefined) return;
      if (listener) listener(path);
      else waiting = path;
    },
    onFile(next) {
      listener = next;
      if (waiting !== undefined) next(waiting);
      waiting = undefined;
    },
  };
}

function openWindow(electron: ElectronModules, app: AppPaths, host: Host, files: FileQueue): void {
  const window = new electron.BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Headscope',
    backgroundColor: electron.nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload: app.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  let page: Served | undefined;
  onPageConnection(electron.ipcMain, window, (transport) => {
    page = host.connect(transport);
    files.onFile((path) => void openSession(path));
  });
  onFileDropped(electron.ipcMain, window, (path) => void host.grantFile(path));
  const openSession = async (path: string): Promise<void> => {
    await host.grantFile(path);
    page?.emit('shell.command', { command: 'session.open', argument: path });
  };
  let leaving: Promise<void> = Promise.resolve();
  window.webContents.on('will-prevent-unload', (event) => {
    if (!confirmLeaving(electron, window)) return;
    event.preventDefault();
    // What the user gave up is not offered again.
    leaving = host.closeSession();
  });
  electron.app.on('window-all-closed', () => void leaving.finally(() => electron.app.quit()));
  const run = (command: MenuCommand): void => page?.emit('shell.command', { command });
  electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(menuTemplate(run, process.platform)));
  window.once('ready-to-show', () => window.show());
  void window.loadURL(PAGE_URL);
}

async function pickFolder(electron: ElectronModules): Promise<string | null> {
  const [window] = electron.BrowserWindow.getAllWindows();
  const options = { title: 'Open a model folder', properties: ['openDirectory' as const] };
  const { canceled, filePaths } = await (window
    ? electron.dialog.showOpenDialog(window, options)
    : electron.dialog.showOpenDialog(options));
  return canceled ? null : (filePaths[0] ?? null);
}
