import { AppError, CancelledError, toWireError } from '../base/app-error.ts';
import type { Frame, Transport } from '../contract/frames.ts';
import type { CallContext, Handlers } from '../contract/handlers.ts';
import type { EventName, Events, MethodName } from '../contract/methods.ts';
import { parseParams } from '../contract/parse-params.ts';
import { createProgressThrottle } from './progress-throttle.ts';

/** The serving end of a connection. */
export interface Served {
  emit<E extends EventName>(event: E, data: Events[E]): void;
  close(): void;
}

type AnyHandler = (params: unknown, context: CallContext) => Promise<unknown>;

/**
 * Answers every request of a connection exactly once. Parameters are checked against the contract first. A cancel
 * aborts the handler's signal; the connection's end aborts them all.
 */
export function serve<M extends MethodName>(transport: Transport, handlers: Handlers<M>): Served {
  const running = new Map<number, AbortController>();

  const answer = (frame: Frame & { id: number }): void => {
    try {
      transport.send(frame);
    } catch (error) {
      // A result that the transport cannot carry must not leave the caller waiting.
      transport.send({ type: 'error', id: frame.id, error: toWireError(error) });
    }
  };

  const run = async (id: number, method: string, params: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    const throttle = createProgressThrottle((progress) => transport.send({ type: 'progress', id, progress }));
    try {
      const handler = findHandler(handlers, method);
      const parsed = parseParams(method as M, params);
      const result = await handler(parsed, {
        signal: controller.signal,
        progress: (progress) => throttle.report(progress),
      });
      throttle.flush();
      answer({ type: 'result', id, result });
    } catch (error) {
      throttle.flush();
      const cancelled = controller.signal.aborted && isAbort(error);
      answer({ type: 'error', id, error: toWireError(cancelled ? new CancelledError() : error) });
    } finally {
      throttle.stop();
      running.delete(id);
    }
  };

  transport.onFrame((frame) => {
    if (frame.type === 'cancel') running.get(frame.id)?.abort();
    if (frame.type !== 'request') return;
    // Two requests under one id could not be told apart any more; only a broken client does that.
    if (running.has(frame.id)) transport.close();
    else void run(frame.id, frame.method, frame.params);
  });
  transport.onClose(() => {
    for (const controller of running.values()) controller.abort();
  });

  return {
    emit(event, data) {
      // The union of event frames cannot be built from a generic name without this cast.
      transport.send({ type: 'event', event, data } as Frame);
    },
    close: () => transport.close(),
  };
}

/** `signal.throwIfAborted()` throws the platform's AbortError; for callers it is the same as `CancelledError`. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function findHandler<M extends MethodName>(handlers: Handlers<M>, method: string): AnyHandler {
  if (!Object.hasOwn(handlers, method)) {
    throw new AppError('bad-request', `There is no method named “${method.slice(0, 100)}” here.`);
  }
  return handlers[method as M] as AnyHandler;
}
