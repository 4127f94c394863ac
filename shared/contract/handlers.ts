import type { MethodName, ParsedParamsOf, Progress, ResultOf } from './methods.ts';

/** What a handler is given beside its parameters. */
export interface CallContext {
  /** Aborted when the caller cancels or its connection closes; the handler then rejects with `CancelledError`. */
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
}

/** An implementation of the named methods. Parameters arrive parsed; expected failures are thrown as `AppError`. */
export type Handlers<M extends MethodName> = {
  readonly [K in M]: (params: ParsedParamsOf<K>, context: CallContext) => Promise<ResultOf<K>>;
};
