import { AppError } from '../../base/app-error.ts';

/** What a session file does not hold is left out of the figure, with a note. `what`: a noun, at the start of a sentence. */
export async function orNote<T>(notes: string[], what: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not-stored') throw error;
    notes.push(`${what} are left out: this session does not hold them.`);
    return undefined;
  }
}
