import type { WebSocket } from 'ws';
import type { Frame, Transport } from '../../shared/contract/frames.ts';
import { createSocketTransport } from '../../shared/rpc/socket-transport.ts';

/** Over this many bytes on their way out, the page is slower than we are: reading its requests stops until it caught up. */
const HIGH_WATER_BYTES = 16 * 1024 * 1024;
const DRAIN_CHECK_MS = 20;

/**
 * The transport to a page, with back-pressure: while too much waits to be sent, no further requests are read and
 * progress is dropped, so that a slow page costs no memory.
 */
export function createPageTransport(socket: WebSocket, highWater = HIGH_WATER_BYTES): Transport {
  const transport = createSocketTransport(socket);
  let draining: NodeJS.Timeout | undefined;

  const waitForDrain = (): void => {
    if (draining !== undefined || socket.bufferedAmount <= highWater) return;
    socket.pause();
    draining = setInterval(() => {
      if (socket.bufferedAmount > highWater / 2) return;
      stopWaiting();
      socket.resume();
    }, DRAIN_CHECK_MS);
  };
  const stopWaiting = (): void => {
    clearInterval(draining);
    draining = undefined;
  };
  transport.onClose(stopWaiting);

  return {
    ...transport,
    send(frame: Frame) {
      if (draining !== undefined && frame.type === 'progress') return;
      transport.send(frame);
      waitForDrain();
    },
  };
}
