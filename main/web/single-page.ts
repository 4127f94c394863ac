import type { WebSocket } from 'ws';
import { CLOSE_CODES } from '../../shared/rpc/socket-transport.ts';

/** A page that is being reloaded closes its old socket about when it opens the new one. */
const RELOAD_GRACE_MS = 300;

/** Lets one page at a time hold the engine. */
export interface SinglePage {
  /** Whether the socket may go on; otherwise it was closed with the reason. */
  admit(socket: WebSocket, takeOver: boolean): Promise<boolean>;
}

export function createSinglePage(graceMs = RELOAD_GRACE_MS): SinglePage {
  let holder: WebSocket | undefined;

  const isHeld = (): boolean => holder !== undefined && holder.readyState === holder.OPEN;

  return {
    async admit(socket, takeOver) {
      if (isHeld() && takeOver) dismiss(holder!, graceMs);
      else if (isHeld()) await closedWithin(holder!, graceMs);
      if (socket.readyState !== socket.OPEN) return false;
      if (isHeld()) {
        socket.close(CLOSE_CODES.busy, 'Another window is using this Headscope.');
        return false;
      }
      holder = socket;
      return true;
    },
  };
}

/** Asks a page to go, and makes sure of it. */
function dismiss(socket: WebSocket, graceMs: number): void {
  socket.close(CLOSE_CODES.takenOver, 'Another window took over.');
  void closedWithin(socket, graceMs).then(() => socket.terminate());
}

function closedWithin(socket: WebSocket, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
