import { AppError } from '../../shared/base/app-error.ts';

/** `found`: a sentence without its full stop. */
export function sessionInvalid(found: string, cause?: unknown): AppError {
  return new AppError('session-invalid', `${found}.`, {
    hint: 'The session file is damaged. Open its backup, or save it again where it was made.',
    ...(cause === undefined ? {} : { cause }),
  });
}
