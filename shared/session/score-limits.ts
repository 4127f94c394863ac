/** Letters of a note on one head at most. */
export const MOST_NOTE_LETTERS = 20_000;
