import type { Frame } from '../../shared/contract/frames.ts';
import type { PortLike } from '../../shared/rpc/port-transport.ts';

/** The part of Electron's `process.parentPort` that is used; typed here because the engine knows no Electron. */
interface ElectronParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** What is used of `process`, so that tests can give another. */
export interface ProcessLike {
  readonly parentPort?: ElectronParentPort;
  send?(message: unknown): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  disconnect?(): void;
}

/**
 * The pipe to whoever started this process: Electron's utility process API where it is there, else the channel of
 * `child_process.fork` with `serialization: 'advanced'`. Both clone typed arrays as bytes.
 */
export function openParentPort(self: ProcessLike): PortLike {
  const electronPort = self.parentPort;
  if (electronPort) {
    return {
      post: (frame) => electronPort.postMessage(frame),
      onMessage: (listener) => electronPort.on('message', ({ data }) => listener(data)),
      // A utility process ends with its parent; there is nothing to listen to.
      onClose: () => undefined,
      close: () => undefined,
    };
  }
  if (!self.send) {
    throw new Error('The engine process must be started by Headscope (child_process.fork or utilityProcess.fork).');
  }
  return {
    post: (frame: Frame) => void self.send?.(frame),
    onMessage: (listener) => void self.on('message', listener),
    onClose: (listener) => void self.on('disconnect', () => listener('The parent process is gone.')),
    close: () => self.disconnect?.(),
  };
}
