import { createSession, type Session } from './session.ts';

/** Sessions of graphs built in memory, each made when it is first asked for. What failed is tried again. */
export class SessionCache {
  readonly #threads: number;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** `key` names the graph that `build` makes. */
  get(key: string, build: () => Uint8Array): Promise<Session> {
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const session = createSession(build(), { threads: this.#threads });
    this.#sessions.set(key, session);
    session.catch(() => this.#sessions.delete(key));
    return session;
  }

  async dispose(): Promise<void> {
    for (const session of this.#sessions.values()) await session.then((ready) => ready.dispose());
  }
}
