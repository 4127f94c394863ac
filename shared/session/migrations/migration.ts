/** The parts of a session file that tell what the rest is; both as JSON of the format version that wrote them. */
export interface SessionDocument {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly state: unknown;
}

/** One step of the container's format. Released ones are never edited: files of their version are out there. */
export interface Migration {
  /** Turns format `id` into format `id + 1`. */
  readonly id: number;
  /** Pure. It is run before anything is checked, so it may throw; the file counts as damaged then. */
  readonly up: (document: SessionDocument) => SessionDocument;
}
