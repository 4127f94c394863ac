import { stat } from 'node:fs/promises';

/** The entries of a session, wherever they lie: in a zip file, or in the folder of an autosave. */
export interface EntrySource {
  /** What stands in messages: `notes.headscope`. */
  readonly name: string;
  /** Sizes in bytes, by path. */
  readonly sizes: ReadonlyMap<string, number>;
  /**
   * The whole content of an entry. Throws `session-invalid` where it is missing, larger than `limit`, or damaged, and
   * `io` where the disk fails.
   */
  read(path: string, limit: number): Promise<Uint8Array>;
  /** Where an entry's bytes lie in a file as they are; undefined where it is missing or compressed. */
  locate(path: string): Promise<FilePart | undefined>;
}

/** Tells a file from what may lie at its path later, without reading it; undefined where there is none. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}

/** Bytes within a file. */
export interface FilePart {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}
