import { AppError } from '../../../shared/base/app-error.ts';

/** Sentence and hint for each reason that a person can do something about. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['there is no space left on the disk', 'Free some space, or choose another place.'],
  EDQUOT: ['your share of the disk is used up', 'Free some space, or choose another place.'],
  EFBIG: ['the disk cannot hold a file of this size', 'Choose another place, or leave the tensors out.'],
  EACCES: ['this is not permitted', 'Choose another place, or change the permissions.'],
  EPERM: ['this is not permitted', 'Choose another place, or change the permissions.'],
  EROFS: ['the disk is read-only', 'Choose another place.'],
  ENOENT: ['the folder or file is not there', 'It may have been moved or deleted. Choose another place.'],
  ENOTDIR: ['its folder is a file', 'Choose another place.'],
  EISDIR: ['it is a folder', 'Choose another name.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter name.'],
};

/**
 * What a failed file operation means to a person: `io`, with the reason. Expected failures and bugs pass unchanged.
 *
 * @param what happened, as the start of a sentence: `notes.headscope could not be saved`
 */
export function fileError(error: unknown, what: string): Error {
  const code = systemCode(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  const [reason, hint] = REASONS[code] ?? [`the disk answered ${code}`, 'Try again, or choose another place.'];
  return new AppError('io', `${what}: ${reason}.`, { hint, cause: error });
}

/** `ENOSPC`, of an error that the system raised; undefined for others. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
