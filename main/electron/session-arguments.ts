import { resolve } from 'node:path';
import { SESSION_EXTENSION } from '../../shared/session/manifest.ts';

/** The session file among the words that the program was started with, as a double click gives it; absolute. */
export function sessionArgument(words: readonly string[], folder: string): string | undefined {
  const file = words.find((word) => !word.startsWith('-') && word.toLowerCase().endsWith(SESSION_EXTENSION));
  return file === undefined ? undefined : resolve(folder, file);
}
