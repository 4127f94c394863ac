import { once } from 'node:events';
import { WebSocket } from 'ws';
import { createClient, type Client } from '../../shared/rpc/client.ts';
import { createSocketTransport, offeredSubprotocols } from '../../shared/rpc/socket-transport.ts';

export interface SocketOptions {
  readonly token: string;
  readonly takeOver?: boolean;
  readonly headers?: Record<string, string>;
}

export function openSocket(port: number, { token, takeOver = false, headers = {} }: SocketOptions): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, offeredSubprotocols(token, takeOver), { headers });
  socket.on('error', () => undefined);
  return socket;
}

/** A page's connection without a page. */
export async function connect(port: number, options: SocketOptions): Promise<{ socket: WebSocket; client: Client }> {
  const socket = openSocket(port, options);
  const client = createClient(createSocketTransport(socket));
  await once(socket, 'open');
  return { socket, client };
}

export async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number];
  return code;
}
