import type { Connector } from './connector.ts';
import { createBridgeConnector } from './bridge-connector.ts';
import { createDesktopTransfer, createHttpTransfer, type SessionTransfer } from './session-transfer.ts';
import { takeToken } from './token.ts';
import { createWebSocketConnector } from './websocket-connector.ts';

/** Where the page lives. */
export interface Platform {
  readonly connector: Connector;
  readonly transfer: SessionTransfer;
}

/** The desktop window offers a bridge; everywhere else the host that served the page listens on a socket. */
export function detectPlatform(page: Window): Platform {
  const bridge = page.headscope;
  if (bridge) return { connector: createBridgeConnector(bridge), transfer: createDesktopTransfer(bridge) };
  const { protocol, host } = page.location;
  const token = takeToken(page.location, page.history, page.sessionStorage);
  const address = `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/rpc`;
  return {
    connector: createWebSocketConnector(address, token),
    transfer: createHttpTransfer(token, (input, init) => page.fetch(input, init)),
  };
}
