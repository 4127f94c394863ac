import type { Frame, Transport } from '../contract/frames.ts';
import { checkFrame } from './check-frame.ts';
import { createTransportCore } from './transport-core.ts';

/**
 * A pipe that clones structures by itself: the channel of a forked process, Electron's utility process and its parent
 * port, a MessagePort, the preload bridge. Nothing is transferred: Electron loses messages whose buffers are.
 */
export interface PortLike {
  post(frame: Frame): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: (reason: string) => void): void;
  close(): void;
}

/** A transport over a port. Messages that are no frames are ignored: other code may speak on the same port. */
export function createPortTransport(port: PortLike): Transport {
  const core = createTransportCore({ send: (frame) => port.post(frame), close: () => port.close() });
  port.onMessage((message) => {
    let frame;
    try {
      frame = checkFrame(message);
    } catch {
      return;
    }
    core.deliver(frame);
  });
  port.onClose((reason) => core.closed(reason));
  return core.transport;
}
