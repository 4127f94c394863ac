/**
 * Errors that a person can act on.
 *
 * An `AppError` is an expected failure: its message says what was found, its hint what to do. Everything else that is
 * thrown is a bug. A `CancelledError` is neither: it is never logged and never shown.
 */
import type { ErrorCode } from '../contract/error-codes.ts';

/** Small facts that the interface needs to offer a way out, such as the token count and the limit. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** The form in which an error crosses a process boundary, and the `error` object of `--json` output. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly details?: ErrorDetails;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: ErrorDetails | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  constructor() {
    super('Cancelled.');
  }
}

/** Turns anything thrown into its wire form. Unknown errors keep their message under the code `internal`. */
export function toWireError(error: unknown): WireError {
  if (error instanceof CancelledError) return { code: 'cancelled', message: error.message };
  if (error instanceof AppError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.details === undefined ? {} : { details: error.details }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `Unexpected failure: ${message}`,
    hint: 'This is a bug in Headscope. Please report it with the steps that led here.',
  };
}

/** The inverse of `toWireError`. */
export function fromWireError(wire: WireError): AppError | CancelledError {
  if (wire.code === 'cancelled') return new CancelledError();
  return new AppError(wire.code, wire.message, {
    ...(wire.hint === undefined ? {} : { hint: wire.hint }),
    ...(wire.details === undefined ? {} : { details: wire.details }),
  });
}
