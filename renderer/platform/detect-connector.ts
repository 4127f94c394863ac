import type { Connector } from './connector.ts';
import { createBridgeConnector } from './bridge-connector.ts';
import { takeToken } from './token.ts';
import { createWebSocketConnector } from './websocket-connector.ts';

/** The desktop window offers a bridge; everywhere else the host that served the page listens on a socket. */
export function detectConnector(page: Window): Connector {
  if (page.headscope) return createBridgeConnector(page.headscope);
  const { protocol, host } = page.location;
  const token = takeToken(page.location, page.history, page.sessionStorage);
  return createWebSocketConnector(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/rpc`, token);
}
