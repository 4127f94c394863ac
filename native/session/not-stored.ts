import { AppError } from '../../shared/base/app-error.ts';

/** `what`: a noun with its article. */
export function notStored(what: string): AppError {
  return new AppError('not-stored', `This session does not hold ${what}.`, {
    hint: 'Open the model and run the prompt, or save the session with tensors.',
  });
}
