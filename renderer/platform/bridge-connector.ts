import type { DesktopBridge } from '../../shared/contract/desktop-bridge.ts';
import { createTransportCore } from '../../shared/rpc/transport-core.ts';
import type { Connector } from './connector.ts';

/** To the main process of the desktop window. It lives as long as the window, so the connection never ends by itself. */
export function createBridgeConnector(bridge: DesktopBridge): Connector {
  return {
    connect() {
      const core = createTransportCore({ send: (frame) => bridge.send(frame), close: () => stop() });
      const stop = bridge.onFrame((frame) => core.deliver(frame));
      return { transport: core.transport, ended: new Promise(() => undefined) };
    },
  };
}
