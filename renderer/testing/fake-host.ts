/** A host around the fake engine: greets, serves, and lets a test kill the engine or drop the connection. */
import { createInProcessPair } from '../../shared/rpc/in-process.ts';
import { serve, type Served } from '../../shared/rpc/server.ts';
import { AppError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import { PROTOCOL_VERSION, type MethodName } from '../../shared/contract/methods.ts';
import type { CloseCause, Connection, Connector } from '../platform/connector.ts';
import { createFakeEngine, type FakeEngine, type FakeEngineOptions } from './fake-engine.ts';

export interface FakeHost {
  readonly engine: FakeEngine;
  readonly connector: Connector;
  /** The engine process ends; `revive` starts its successor. */
  kill(byRequest?: boolean): void;
  revive(): void;
  /** The host itself goes away. */
  drop(cause?: CloseCause): void;
  /** Connections so far, with the wish they came with. */
  readonly connections: { readonly takeOver: boolean }[];
}

export function createFakeHost(options: FakeEngineOptions = {}): FakeHost {
  const engine = createFakeEngine(options);
  const deaths = new Set<(error: AppError) => void>();
  let served: Served | undefined;
  let end: ((cause: CloseCause) => void) | undefined;
  const connections: { takeOver: boolean }[] = [];

  const host: FakeHost = {
    engine,
    connections,
    connector: {
      connect({ takeOver }): Connection {
        connections.push({ takeOver });
        const [near, far] = createInProcessPair();
        served = serve(far, mortal(engine.handlers, deaths));
        served.emit('hello', { protocol: PROTOCOL_VERSION, version: '0.1.0', shell: 'browser', platform: 'linux' });
        const ended = new Promise<CloseCause>((resolve) => {
          end = resolve;
          near.onClose(() => resolve('gone'));
        });
        return { transport: near, ended };
      },
    },
    kill(byRequest = false) {
      engine.reset();
      const error = new AppError('engine-died', 'The engine process ended.');
      for (const die of [...deaths]) die(error);
      served?.emit('engine.exited', { reason: 'signal SIGKILL', byRequest });
    },
    revive() {
      served?.emit('engine.ready', { afterExit: true });
    },
    drop(cause = 'gone') {
      end?.(cause);
      served?.close();
    },
  };
  engine.onRestartAsked = () => {
    host.kill(true);
    setTimeout(() => host.revive(), 0);
  };
  return host;
}

/** Requests in flight are answered with `engine-died` when the process ends. */
function mortal(handlers: Handlers<MethodName>, deaths: Set<(error: AppError) => void>): Handlers<MethodName> {
  const entries = Object.entries(handlers).map(([method, handler]) => {
    const call = handler as (params: never, context: CallContext) => Promise<unknown>;
    const guarded = async (params: never, context: CallContext) => {
      if (method.startsWith('shell.') || method.startsWith('session.')) return call(params, context);
      let die: ((error: AppError) => void) | undefined;
      const death = new Promise<never>((_, reject) => {
        die = reject;
        deaths.add(reject);
      });
      try {
        return await Promise.race([call(params, context), death]);
      } finally {
        if (die) deaths.delete(die);
      }
    };
    return [method, guarded];
  });
  return Object.fromEntries(entries) as Handlers<MethodName>;
}
