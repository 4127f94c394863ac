import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import {
  isShellMethod,
  methods,
  type EngineMethodName,
  type Events,
  type MethodName,
  type ParamsOf,
} from '../../shared/contract/methods.ts';
import { createClient, type CallOptions, type Client } from '../../shared/rpc/client.ts';
import { watchCancels } from './cancel-watch.ts';
import { createCrashLimit, type CrashPolicy } from './crash-limit.ts';
import type { EngineProcess, SpawnEngine } from './engine-process.ts';

export type EngineEvent =
  | { readonly event: 'engine.exited'; readonly data: Events['engine.exited'] }
  | { readonly event: 'engine.ready'; readonly data: Events['engine.ready'] };

/** Keeps one engine process running and passes calls on to it. */
export interface EngineSupervisor {
  /** Every engine method, forwarded. A call waits for the process to be ready; it fails with `engine-died` when that ends. */
  readonly handlers: Handlers<EngineMethodName>;
  onEvent(listener: (event: EngineEvent) => void): () => void;
  /** Kills the process and starts another, also after it was given up. */
  restart(): void;
  /** Kills the process for good. */
  dispose(): void;
}

export interface SupervisorOptions {
  readonly spawn: SpawnEngine;
  /** A cancelled request that is not answered for so long costs the process its life. */
  readonly cancelPatienceMs?: number;
  readonly crashPolicy?: CrashPolicy;
}

interface Running {
  readonly process: EngineProcess;
  readonly client: Client;
  /** Resolves when the process answers, rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Set when its end is wanted: the reason to announce. */
  endReason: string | undefined;
}

const CANCEL_PATIENCE_MS = 2000;

export function createEngineSupervisor(options: SupervisorOptions): EngineSupervisor {
  const limit = createCrashLimit(options.crashPolicy);
  const listeners = new Set<(event: EngineEvent) => void>();
  const announce = (event: EngineEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };
  let running: Running | undefined;
  /** While the next start is waited for: calls made meanwhile hang on it. */
  let restartTimer: NodeJS.Timeout | undefined;
  const waiting: (() => void)[] = [];
  let end: AppError | undefined;

  const start = (afterExit: boolean): void => {
    restartTimer = undefined;
    const process = options.spawn();
    const patience = options.cancelPatienceMs ?? CANCEL_PATIENCE_MS;
    const watched = watchCancels(process.transport, patience, () => stop('it did not stop when it was asked to'));
    const client = createClient(watched, died);
    const ready = new Promise<void>((resolve, reject) => {
      client.onEvent('engine.ready', () => resolve());
      process.onExit((reason) => reject(died(reason)));
    });
    const started: Running = { process, client, ready, endReason: undefined };
    running = started;
    ready.then(
      () => announce({ event: 'engine.ready', data: { afterExit } }),
      () => undefined, // told through onExit below
    );
    process.onExit((reason) => exited(started, reason));
    for (const go of waiting.splice(0)) go();
  };

  const exited = (ended: Running, reason: string): void => {
    ended.client.close();
    if (running !== ended) return;
    running = undefined;
    const byRequest = ended.endReason !== undefined;
    announce({ event: 'engine.exited', data: { reason: ended.endReason ?? reason, byRequest } });
    const wait = byRequest ? 0 : limit.crashed();
    if (wait === null) giveUp(reason);
    else restartTimer = setTimeout(() => start(true), wait);
  };

  const giveUp = (reason: string): void => {
    end = new AppError(
      'engine-died',
      `The engine process ended again and again (last: ${reason}) and is not started any more.`,
      {
        hint: 'Run `headscope doctor` to see what is missing, then restart the engine.',
      },
    );
    for (const go of waiting.splice(0)) go();
  };

  const stop = (reason: string): void => {
    if (!running) return;
    running.endReason ??= reason;
    running.process.kill();
  };

  /** The process to call; waits while the next one is about to be started. */
  const current = async (): Promise<Running> => {
    if (!running && !end) await new Promise<void>((resolve) => waiting.push(resolve));
    if (end) throw end;
    return running!;
  };

  const call = async <M extends EngineMethodName>(method: M, params: ParamsOf<M>, callOptions: CallOptions) => {
    const engine = await untilAborted(current(), callOptions.signal);
    await untilAborted(engine.ready, callOptions.signal);
    return engine.client.call(method, params, callOptions);
  };

  start(false);
  return {
    handlers: forwardAll(call),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    restart() {
      limit.reset();
      end = undefined;
      if (running) {
        stop('it was restarted');
      } else {
        clearTimeout(restartTimer);
        start(true);
      }
    },
    dispose() {
      clearTimeout(restartTimer);
      end = new AppError('engine-died', 'Headscope is shutting down.');
      const last = running;
      running = undefined;
      last?.process.kill();
      for (const go of waiting.splice(0)) go();
    },
  };
}

function died(reason: string): AppError {
  return new AppError('engine-died', `The engine process ended (${reason}) before it answered.`, {
    hint: 'It is started again by itself. Open the model and run once more.',
  });
}

/** Waiting for a process must end when the caller cancels. */
function untilAborted<T>(promise: Promise<T>, signal: CallOptions['signal']): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new CancelledError());
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

type Forward = <M extends EngineMethodName>(method: M, params: ParamsOf<M>, options: CallOptions) => Promise<unknown>;

function forwardAll(call: Forward): Handlers<EngineMethodName> {
  const names = (Object.keys(methods) as MethodName[]).filter((name) => !isShellMethod(name));
  const entries = names.map((name) => [
    name,
    (params: never, context: CallContext) =>
      call(name, params, {
        signal: context.signal,
        onProgress: (report) => context.progress(report),
      }),
  ]);
  return Object.fromEntries(entries) as Handlers<EngineMethodName>;
}
