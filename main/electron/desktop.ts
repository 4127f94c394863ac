import type { Served } from '../../shared/rpc/server.ts';
import type { AppPaths } from '../files/app-paths.ts';
import { createHost, type Host } from '../host/host.ts';
import { PAGE_URL, registerScheme, serveScheme } from './app-scheme.ts';
import { lockDown } from './lock-down.ts';
import { menuTemplate, type MenuCommand } from './menu.ts';
import type { ElectronModules } from './modules.ts';
import { forkUtilityEngine } from './utility-engine.ts';
import { onPageConnection } from './window-transport.ts';

/** Colours of the page's background, so that a starting window does not flash. */
const BACKGROUND = { dark: '#16181c', light: '#ffffff' };

/** Runs the desktop app: one window, one engine. A second start only brings the window of the first to the front. */
export async function startDesktop(electron: ElectronModules, app: AppPaths): Promise<void> {
  if (!electron.app.requestSingleInstanceLock()) {
    electron.app.quit();
    return;
  }
  registerScheme(electron.protocol);
  electron.app.on('second-instance', () => {
    const [window] = electron.BrowserWindow.getAllWindows();
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  electron.app.on('window-all-closed', () => electron.app.quit());
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
  });
  electron.app.on('will-quit', () => host.dispose());
  openWindow(electron, app, host);
}

function openWindow(electron: ElectronModules, app: AppPaths, host: Host): void {
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
  onPageConnection(electron.ipcMain, window, (transport) => (page = host.connect(transport)));
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
