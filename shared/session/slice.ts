import type { z } from 'zod';

/**
 * What one feature keeps in a session file: a part of the window's state with its own schema and version.
 *
 * A change that old data does not fit raises `version` and adds an upgrade; a field with a default does neither.
 */
export interface SessionSlice<Data = unknown> {
  /** Key in `state.json`; never changes. */
  readonly id: string;
  /** What the data is in words, for the warning where it cannot be read: `the notes`. */
  readonly name: string;
  readonly version: number;
  readonly schema: z.ZodType<Data>;
  /** `upgrades[v - 1]` turns data of version v into data of version v + 1; one for each version before this one. */
  readonly upgrades: readonly ((data: unknown) => unknown)[];
}

/** Throws where an upgrade is missing: a bug that the first import finds. */
export function defineSlice<Data>(slice: SessionSlice<Data>): SessionSlice<Data> {
  if (slice.upgrades.length !== slice.version - 1) {
    throw new Error(`Slice ${slice.id} of version ${slice.version} needs ${slice.version - 1} upgrades.`);
  }
  return slice;
}
