/** The window's state in a session file: one slice a feature, each with its own version. */
export interface StoredSlice {
  readonly version: number;
  readonly data: unknown;
}

/** By slice id. A slice that this version does not know is kept and written back. */
export type SessionState = Readonly<Record<string, StoredSlice>>;
