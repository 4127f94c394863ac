import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createPortTransport } from '../../shared/rpc/port-transport.ts';
import { serveConformance } from '../../shared/rpc/testing/conformance-server.ts';
import { describeTransport } from '../../shared/rpc/testing/transport-conformance.ts';
import { openParentPort, type ProcessLike } from './parent-port.ts';

/** Electron's two ends of a utility process: messages are structured clones, delivered later; ports come in events. */
function fakeUtilityProcess() {
  const child = new EventEmitter();
  const parent = new EventEmitter();
  let alive = true;
  const later = (deliver: () => void): void => void setImmediate(() => alive && deliver());
  const self: ProcessLike = {
    parentPort: {
      postMessage(message) {
        const clone: unknown = structuredClone(message);
        later(() => parent.emit('message', clone));
      },
      on: (event, listener) => void child.on(event, listener),
    },
    on: () => undefined,
  };
  return {
    self,
    handle: {
      postMessage(message: unknown) {
        const data: unknown = structuredClone(message);
        later(() => child.emit('message', { data, ports: [] }));
      },
      on: (event: string, listener: (argument: unknown) => void) => void parent.on(event, listener),
    },
    die: () => {
      alive = false;
      parent.emit('exit', 9);
    },
  };
}

describeTransport('Electron utility process', () => {
  const { self, handle, die } = fakeUtilityProcess();
  serveConformance(createPortTransport(openParentPort(self)));
  const client = createPortTransport({
    post: (frame) => handle.postMessage(frame),
    onMessage: (listener) => handle.on('message', listener),
    onClose: (listener) => handle.on('exit', () => listener('exit code 9')),
    close: () => die(),
  });
  return Promise.resolve({ client, killServer: () => die(), dispose: () => die() });
});

describe('openParentPort', () => {
  it('refuses to run without a parent', () => {
    expect(() => openParentPort({ on: () => undefined })).toThrow(/started by Headscope/);
  });
});
