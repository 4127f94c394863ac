import { createPortTransport } from '../../shared/rpc/port-transport.ts';
import { serve, type Served } from '../../shared/rpc/server.ts';
import type { Engine } from '../public/engine.ts';
import { openParentPort, type ProcessLike } from './parent-port.ts';

/**
 * Serves an engine to the parent process until that goes away. The parent sends nothing before it has heard
 * `engine.ready`.
 */
export function serveParent(self: ProcessLike, engine: Engine, onParentGone: () => void): Served {
  const transport = createPortTransport(openParentPort(self));
  transport.onClose(onParentGone);
  const served = serve(transport, engine.handlers);
  served.emit('engine.ready', { afterExit: false });
  return served;
}
