/**
 * The few modules of Electron that the desktop shell uses, as far as it uses them, with their rules: schemes are
 * registered before the app is ready, messages are structured clones that arrive later, events carry the frame that
 * sent them.
 */
import { EventEmitter } from 'node:events';
import type { Frame } from '../../../shared/contract/frames.ts';
import { createBridge } from '../../preload/bridge.ts';
import type { ElectronModules } from '../modules.ts';

type Listener = (...args: never[]) => void;

export class FakeWindow extends EventEmitter {
  static all: FakeWindow[] = [];
  readonly toPage = new EventEmitter();
  readonly webContents: EventEmitter & {
    mainFrame: { url: string };
    openHandler?: (details: object) => { action: string };
  };
  shown = false;
  focused = false;
  destroyed = false;
  readonly options: Record<string, unknown>;
  readonly ipcMain: EventEmitter;

  constructor(options: Record<string, unknown>, ipcMain: EventEmitter, app: EventEmitter) {
    super();
    this.options = options;
    this.ipcMain = ipcMain;
    this.webContents = Object.assign(new EventEmitter(), {
      mainFrame: { url: '' },
      send: (channel: string, message: unknown) => {
        const clone: unknown = structuredClone(message);
        setImmediate(() => this.toPage.emit(channel, {}, clone));
      },
      setWindowOpenHandler(this: { openHandler?: unknown }, handler: unknown) {
        this.openHandler = handler;
      },
    });
    FakeWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  loadURL(url: string): Promise<void> {
    this.webContents.mainFrame.url = url;
    setImmediate(() => this.emit('ready-to-show'));
    return Promise.resolve();
  }
  show(): void {
    this.shown = true;
  }
  focus(): void {
    this.focused = true;
  }
  isMinimized(): boolean {
    return false;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }

  /** The preload script's bridge of a page in this window; `frame` stands for an embedded frame. */
  page(frame: { url: string } = this.webContents.mainFrame) {
    return createBridge(
      {
        send: (channel, message) => {
          const clone: unknown = structuredClone(message);
          setImmediate(() => this.ipcMain.emit(channel, { senderFrame: frame }, clone));
        },
        on: (channel, listener) => this.toPage.on(channel, listener),
      },
      'linux',
      (file) => ('path' in file ? String(file.path) : ''),
    );
  }
}

/** A utility process whose other end the test holds. */
export class FakeUtilityProcess extends EventEmitter {
  pid: number | undefined = 4242;
  readonly received: Frame[] = [];
  postMessage(frame: Frame): void {
    this.received.push(structuredClone(frame));
  }
  kill(): boolean {
    setImmediate(() => this.emit('exit', 15));
    return true;
  }
}

export function createFakeElectron() {
  FakeWindow.all = [];
  const ipcMain = new EventEmitter();
  const log = {
    schemes: [] as { scheme: string; privileges: Record<string, boolean> }[],
    handlers: new Map<string, (request: { url: string; method: string }) => Promise<Response>>(),
    permission: {} as Record<string, (...args: never[]) => unknown>,
    menu: [] as { label?: string; submenu?: { label?: string; click?: () => void }[] }[],
    forks: [] as { entry: string; options: { env: Record<string, string> }; process: FakeUtilityProcess }[],
    picked: { canceled: false, filePaths: [] as string[] },
    saved: { canceled: false, filePath: '' },
    /** What is asked in message boxes, and the button that is pressed. */
    asked: [] as { message: string; buttons: string[] }[],
    button: 0,
    dialogs: [] as Record<string, unknown>[],
    quits: 0,
    hasLock: true,
    ready: false,
  };
  const app = Object.assign(new EventEmitter(), {
    requestSingleInstanceLock: () => log.hasLock,
    quit: () => log.quits++,
    whenReady: () => {
      log.ready = true;
      return Promise.resolve();
    },
  });
  const answer = (question: never): number => {
    log.asked.push(question);
    return log.button;
  };
  const keep = (name: string) => (handler: Listener) => (log.permission[name] = handler as never);
  const modules = {
    app,
    ipcMain,
    BrowserWindow: class extends FakeWindow {
      static getAllWindows = (): FakeWindow[] => FakeWindow.all;
      constructor(options: Record<string, unknown>) {
        super(options, ipcMain, app);
      }
    },
    dialog: {
      showOpenDialog: () => Promise.resolve(log.picked),
      showSaveDialog(_window: unknown, options: Record<string, unknown>) {
        log.dialogs.push(options);
        return Promise.resolve(log.saved);
      },
      showMessageBox: (_window: unknown, question: never) => Promise.resolve({ response: answer(question) }),
      showMessageBoxSync: (_window: unknown, question: never) => answer(question),
    },
    Menu: {
      buildFromTemplate: (template: unknown) => template,
      setApplicationMenu: (menu: never) => (log.menu = menu),
    },
    nativeTheme: { shouldUseDarkColors: true },
    protocol: {
      registerSchemesAsPrivileged(schemes: never[]) {
        if (log.ready) throw new Error('registerSchemesAsPrivileged must be called before the app is ready');
        log.schemes.push(...schemes);
      },
      handle: (scheme: string, handler: never) => log.handlers.set(scheme, handler),
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: keep('request'),
        setPermissionCheckHandler: keep('check'),
        setDevicePermissionHandler: keep('device'),
      },
    },
    utilityProcess: {
      fork(entry: string, _args: string[], options: never) {
        const process = new FakeUtilityProcess();
        log.forks.push({ entry, options, process });
        return process;
      },
    },
  };
  return { electron: modules as unknown as ElectronModules, app, ipcMain, log };
}
