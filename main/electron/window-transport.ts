import type { BrowserWindow, IpcMain, IpcMainEvent } from 'electron';
import type { Transport } from '../../shared/contract/frames.ts';
import { createPortTransport } from '../../shared/rpc/port-transport.ts';
import { CHANNELS } from '../preload/channels.ts';
import { isOwnPage } from './app-scheme.ts';

/**
 * Calls `connect` with a transport whenever the window's page starts to listen: at first and after each reload, when
 * the transport before is closed. Only the window's own top page is heard.
 */
export function onPageConnection(
  ipcMain: IpcMain,
  window: BrowserWindow,
  connect: (transport: Transport) => void,
): void {
  const contents = window.webContents;
  const isOurs = (event: IpcMainEvent): boolean => comesFrom(window, event);
  let current: { deliver(message: unknown): void; end(reason: string): void } | undefined;

  const open = (): void => {
    current?.end('The page was loaded anew.');
    let deliver: (message: unknown) => void = () => undefined;
    let end: (reason: string) => void = () => undefined;
    const transport = createPortTransport({
      post(frame) {
        if (!window.isDestroyed()) contents.send(CHANNELS.frame, frame);
      },
      onMessage: (listener) => (deliver = listener),
      onClose: (listener) => (end = listener),
      close: () => undefined,
    });
    current = { deliver, end };
    connect(transport);
  };
  const close = (reason: string): void => {
    current?.end(reason);
    current = undefined;
  };

  ipcMain.on(CHANNELS.open, (event) => {
    if (isOurs(event)) open();
  });
  ipcMain.on(CHANNELS.close, (event) => {
    if (isOurs(event)) close('The page stopped listening.');
  });
  ipcMain.on(CHANNELS.frame, (event, frame: unknown) => {
    if (isOurs(event)) current?.deliver(frame);
  });
  contents.on('render-process-gone', () => close('The page crashed.'));
  window.on('closed', () => close('The window was closed.'));
}

/** Calls `grant` with the path of each file that the user dropped on the window's page. */
export function onFileDropped(ipcMain: IpcMain, window: BrowserWindow, grant: (path: string) => void): void {
  ipcMain.on(CHANNELS.dropped, (event, path: unknown) => {
    if (comesFrom(window, event) && typeof path === 'string') grant(path);
  });
}

function comesFrom(window: BrowserWindow, { senderFrame }: IpcMainEvent): boolean {
  return senderFrame !== null && senderFrame === window.webContents.mainFrame && isOwnPage(senderFrame.url);
}
