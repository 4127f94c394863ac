import { AppError, CancelledError, fromWireError } from '../base/app-error.ts';
import type { Frame, Transport } from '../contract/frames.ts';
import type { EventName, Events, MethodName, ParamsOf, Progress, ResultOf } from '../contract/methods.ts';

export interface CallOptions {
  /** Aborting it sends a cancel and rejects the call with `CancelledError` at once, whatever the other end does. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The calling end of a connection. */
export interface Client {
  /** Rejects with `AppError`, or with `CancelledError` after an abort; with the code `io` when the connection is lost. */
  call<M extends MethodName>(method: M, params: ParamsOf<M>, options?: CallOptions): Promise<ResultOf<M>>;
  /** The last event of a name that came before anyone listened is given to the first listener at once. */
  onEvent<E extends EventName>(event: E, listener: (data: Events[E]) => void): () => void;
  onClose(listener: (reason: string) => void): () => void;
  close(): void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

function hostLost(): AppError {
  return new AppError('io', 'The connection to the Headscope host was lost.', {
    hint: 'If the host was stopped, start it again and reload.',
  });
}

/** `lost`: what calls are rejected with once the connection is gone, when that means something else than a lost host. */
export function createClient(transport: Transport, lost: (reason: string) => AppError = hostLost): Client {
  const pending = new Map<number, Pending>();
  const eventListeners = new Map<EventName, Set<(data: never) => void>>();
  const unheard = new Map<EventName, Events[EventName]>();
  let nextId = 1;
  let closedBecause: string | undefined;

  transport.onFrame((frame) => {
    if (frame.type === 'event' && !eventListeners.has(frame.event)) unheard.set(frame.event, frame.data);
    receive(frame, pending, eventListeners);
  });
  transport.onClose((reason) => {
    closedBecause = reason;
    const open = [...pending.values()];
    pending.clear();
    for (const call of open) call.reject(lost(reason));
  });

  return {
    call<M extends MethodName>(method: M, params: ParamsOf<M>, { signal, onProgress }: CallOptions = {}) {
      return new Promise<ResultOf<M>>((resolve, reject) => {
        if (signal?.aborted || closedBecause !== undefined) {
          reject(closedBecause === undefined ? new CancelledError() : lost(closedBecause));
          return;
        }
        const id = nextId++;
        const onAbort = (): void => {
          pending.delete(id);
          transport.send({ type: 'cancel', id });
          reject(new CancelledError());
        };
        const done = (): void => signal?.removeEventListener('abort', onAbort);
        pending.set(id, {
          onProgress,
          resolve: (result) => {
            done();
            resolve(result as ResultOf<M>);
          },
          reject: (error) => {
            done();
            reject(error);
          },
        });
        try {
          transport.send({ type: 'request', id, method, params });
        } catch (error) {
          // What cannot be sent is a bug of the caller; it must not stay pending for ever.
          pending.delete(id);
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    onEvent(event, listener) {
      const listeners = eventListeners.get(event) ?? new Set();
      eventListeners.set(event, listeners);
      listeners.add(listener);
      const missed = unheard.get(event);
      unheard.delete(event);
      if (missed !== undefined) listener(missed as Events[typeof event]);
      return () => listeners.delete(listener);
    },
    onClose: (listener) => transport.onClose(listener),
    close: () => transport.close(),
  };
}

/** Answers to calls that were cancelled in the meantime, or that nobody made, are dropped. */
function receive(
  frame: Frame,
  pending: Map<number, Pending>,
  eventListeners: ReadonlyMap<EventName, ReadonlySet<(data: never) => void>>,
): void {
  switch (frame.type) {
    case 'result':
    case 'error': {
      const call = pending.get(frame.id);
      pending.delete(frame.id);
      if (frame.type === 'result') call?.resolve(frame.result);
      else call?.reject(fromWireError(frame.error));
      return;
    }
    case 'progress':
      pending.get(frame.id)?.onProgress?.(frame.progress);
      return;
    case 'event':
      for (const listener of [...(eventListeners.get(frame.event) ?? [])]) listener(frame.data as never);
      return;
    case 'request':
    case 'cancel':
      // Requests run one way on a connection; this end serves none.
      return;
  }
}
