/** The child process of the transport suite; the test bundles it, because Node runs no TypeScript here. */
import { createPortTransport } from '../../../shared/rpc/port-transport.ts';
import { serveConformance } from '../../../shared/rpc/testing/conformance-server.ts';

serveConformance(
  createPortTransport({
    post: (frame) => void process.send?.(frame),
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.on('disconnect', () => listener('The parent is gone.')),
    close: () => process.disconnect(),
  }),
);
process.on('disconnect', () => process.exit(0));
