import { decodeFrame, encodeFrame } from '../../shared/rpc/codec.ts';
import { createTransportCore } from '../../shared/rpc/transport-core.ts';
import type { CloseCause, Connector } from './connector.ts';

const CAUSES: Readonly<Record<number, CloseCause>> = { 4401: 'bad-token', 4409: 'busy', 4410: 'taken-over' };

/**
 * To the web host that served this page. The token travels as a subprotocol: unlike a query it is in no log, and unlike
 * a header the browser lets a page set it.
 */
export function createWebSocketConnector(url: string, token: string): Connector {
  return {
    connect({ takeOver }) {
      const socket = new WebSocket(url, ['headscope', `token.${token}`, ...(takeOver ? ['takeover'] : [])]);
      socket.binaryType = 'arraybuffer';
      let waiting: Uint8Array<ArrayBuffer>[] = [];

      const core = createTransportCore({
        send(frame) {
          const message = encodeFrame(frame);
          if (socket.readyState === WebSocket.CONNECTING) waiting.push(message);
          else if (socket.readyState === WebSocket.OPEN) socket.send(message);
        },
        close: () => socket.close(),
      });

      const ended = new Promise<CloseCause>((resolve) => {
        socket.addEventListener('open', () => {
          for (const message of waiting) socket.send(message);
          waiting = [];
        });
        socket.addEventListener('message', ({ data }) => {
          if (data instanceof ArrayBuffer) core.deliver(decodeFrame(new Uint8Array(data)));
        });
        socket.addEventListener('close', ({ code, reason }) => {
          core.closed(reason === '' ? `The host closed the connection (${code}).` : reason);
          resolve(CAUSES[code] ?? 'gone');
        });
      });
      return { transport: core.transport, ended };
    },
  };
}
