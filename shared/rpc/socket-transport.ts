import type { Transport } from '../contract/frames.ts';
import { decodeFrame, encodeFrame } from './codec.ts';
import { createTransportCore } from './transport-core.ts';

/** What is used of a WebSocket; the browser's and that of the `ws` package both fit. */
export interface SocketLike {
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
}

/** Close codes of the web host beside the standard ones. */
export const CLOSE_CODES = {
  /** Something arrived that is no frame. */
  badFrame: 4400,
  badToken: 4401,
  /** Another page holds the engine. Offering the subprotocol `takeover` as well takes it from there. */
  busy: 4409,
  takenOver: 4410,
} as const;

/** The subprotocol that the web host selects. */
export const SUBPROTOCOL = 'headscope';

/** What a page offers when it connects: the protocol, the token, and whether it takes over from another page. */
export function offeredSubprotocols(token: string, takeOver: boolean): string[] {
  return [SUBPROTOCOL, `token.${token}`, ...(takeOver ? ['takeover'] : [])];
}

/** A transport over an open WebSocket. A message that is no frame closes the socket. */
export function createSocketTransport(socket: SocketLike): Transport {
  socket.binaryType = 'arraybuffer';
  const core = createTransportCore({
    send: (frame) => socket.send(encodeFrame(frame)),
    close: () => socket.close(1000, 'Closed.'),
  });
  socket.addEventListener('message', ({ data }) => {
    let frame;
    try {
      // The tag, not instanceof: test environments bring an ArrayBuffer of another realm.
      if (Object.prototype.toString.call(data) !== '[object ArrayBuffer]') throw new Error('A text message arrived.');
      frame = decodeFrame(new Uint8Array(data as ArrayBuffer));
    } catch (error) {
      socket.close(CLOSE_CODES.badFrame, error instanceof Error ? error.message.slice(0, 100) : 'Not a frame.');
      return;
    }
    core.deliver(frame);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    core.closed(reason === '' ? `The connection was closed (code ${code}).` : reason);
  });
  return core.transport;
}
