/** How much of scores and notes on heads a session holds at most. */

/** Of one head. */
export const MOST_NOTE_LETTERS = 20_000;
export const MOST_STORED_ORIGINS = 64;
/** Of one origin. */
export const MOST_STORED_TABLES = 128;
