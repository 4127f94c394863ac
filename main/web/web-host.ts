import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError } from '../../shared/base/app-error.ts';
import type { Transport } from '../../shared/contract/frames.ts';
import { CLOSE_CODES, SUBPROTOCOL } from '../../shared/rpc/socket-transport.ts';
import type { SessionTransfer } from '../host/session-transfer.ts';
import { securityHeaders } from '../serving/security-headers.ts';
import { readStaticFile } from '../serving/static-file.ts';
import { keepAlive } from './heartbeat.ts';
import { createPageTransport } from './page-socket.ts';
import { isOwnHost, isOwnOrigin } from './request-origin.ts';
import { answerSession, SESSION_PATH } from './session-files.ts';
import { createSinglePage } from './single-page.ts';
import { sameToken } from './token.ts';

/** The largest message that a page may send: a prompt, never tensors. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const RPC_PATH = '/rpc';

export interface WebHostOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly host: string;
  readonly token: string;
  /** Folder of the built page. */
  readonly renderer: string;
  /** Serves a page that was let in. */
  readonly connect: (transport: Transport) => void;
  /** Session files to and from the page's machine. */
  readonly transfer: SessionTransfer;
}

export interface WebHost {
  /** With the token in the fragment, which browsers send to nobody. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the page over HTTP and the contract over a WebSocket, to one page at a time. */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const names = [options.host, hostname()];
  const server = createServer((request, response) => {
    void answer(request, response, options, names);
  });
  // The whole of an upload may take longer than the five minutes that Node allows; its head may not.
  server.requestTimeout = 0;
  const sockets = acceptSockets(server, names, options);
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${addressForUrl(options.host)}:${port}/#token=${options.token}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { renderer, token, transfer }: WebHostOptions,
  names: readonly string[],
) {
  const { host } = request.headers;
  if (!isOwnHost(host, names)) {
    refuse(response, 403, 'This host does not go by that name.');
    return;
  }
  const [path = '/'] = (request.url ?? '/').split(/[?#]/, 1);
  if (path === SESSION_PATH) {
    await answerSession(request, response, { token, transfer });
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(response, 405, 'Only GET and HEAD.');
    return;
  }
  const file = await readStaticFile(renderer, path);
  if (!file) {
    refuse(response, 404, 'Not found.');
    return;
  }
  response.writeHead(200, {
    ...securityHeaders([`ws://${host}`, `wss://${host}`]),
    'Content-Type': file.type,
    'Content-Length': file.body.byteLength,
    'Cache-Control': file.caching,
  });
  response.end(request.method === 'HEAD' ? undefined : file.body);
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { ...securityHeaders([]), 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${sentence}\n`);
}

function acceptSockets(server: Server, names: readonly string[], options: WebHostOptions): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const page = createSinglePage();

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { host, origin } = request.headers;
    socket.on('error', () => socket.destroy());
    if (!isOwnHost(host, names) || !isOwnOrigin(origin, host)) refuseUpgrade(socket, 403);
    else if (request.url !== RPC_PATH) refuseUpgrade(socket, 404);
    else sockets.handleUpgrade(request, socket, head, (opened) => void admit(opened, request));
  });

  const admit = async (socket: WebSocket, request: IncomingMessage): Promise<void> => {
    socket.on('error', () => socket.terminate());
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
    const token = offered.find((protocol) => protocol.startsWith('token.'))?.slice('token.'.length) ?? '';
    if (!sameToken(token, options.token)) {
      // After the handshake, because pages see close codes but not HTTP answers.
      socket.close(CLOSE_CODES.badToken, 'The token is missing or wrong.');
      return;
    }
    // Until it is admitted, nothing that it says is read.
    socket.pause();
    const admitted = await page.admit(socket, offered.includes('takeover'));
    socket.resume();
    if (!admitted) return;
    keepAlive(socket);
    options.connect(createPageTransport(socket));
  };
  return sockets;
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listen(server: Server, { port, host }: WebHostOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    server.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): AppError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new AppError('io', `Port ${port} of ${host} is taken.`, {
        hint: 'Another Headscope may run there. Choose another with --port, or --port 0 for any free one.',
      });
    case 'EACCES':
      return new AppError('io', `Port ${port} may not be used.`, { hint: 'Choose one above 1023 with --port.' });
    case 'ENOTFOUND':
    case 'EADDRNOTAVAIL':
      return new AppError('io', `${host} is no address of this machine.`, { hint: 'Use --host 127.0.0.1.' });
    default:
      return new AppError('io', `The web host could not start: ${error.message}`, { cause: error });
  }
}

/** A wildcard address is no address to visit. */
function addressForUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
