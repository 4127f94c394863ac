import { formatVersionAfter } from './migrate.ts';
import type { Migration } from './migration.ts';

/** Every migration there is, in order; a new one goes to the end, with an example file of the version that it ends. */
export const MIGRATIONS: readonly Migration[] = [];

/** The format that is written. */
export const SESSION_FORMAT_VERSION = formatVersionAfter(MIGRATIONS);

/** Readers of this version and later can read what is written. */
export const SESSION_MIN_READER = 1;
