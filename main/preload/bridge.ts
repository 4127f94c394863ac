import type { DesktopBridge } from '../../shared/contract/desktop-bridge.ts';
import type { Frame } from '../../shared/contract/frames.ts';
import { CHANNELS } from './channels.ts';

/** What is used of Electron's `ipcRenderer`. */
export interface RendererIpc {
  send(channel: string, ...args: unknown[]): void;
  on(channel: string, listener: (event: unknown, frame: Frame) => void): unknown;
}

/**
 * The only way from the page to the outside: frames of the contract, and files that the user dropped.
 *
 * @param pathOf where a file of the page lies; empty for one that lies nowhere
 */
export function createBridge(ipc: RendererIpc, platform: string, pathOf: (file: object) => string): DesktopBridge {
  const listeners = new Set<(frame: Frame) => void>();
  ipc.on(CHANNELS.frame, (_event, frame) => {
    for (const listener of [...listeners]) listener(frame);
  });
  return {
    platform,
    send: (frame) => ipc.send(CHANNELS.frame, frame),
    pathOfFile(file) {
      const path = pathOf(file);
      // Before the page can ask for it: messages arrive in order.
      if (path !== '') ipc.send(CHANNELS.dropped, path);
      return path;
    },
    onFrame(listener) {
      // Each call counts on its own, also for a function that was given before.
      const own = (frame: Frame): void => listener(frame);
      listeners.add(own);
      if (listeners.size === 1) ipc.send(CHANNELS.open);
      return () => {
        if (listeners.delete(own) && listeners.size === 0) ipc.send(CHANNELS.close);
      };
    },
  };
}
