import { createSession, type Session, type SessionOptions } from './session.ts';

/** Sessions of graphs built in memory, each made when it is first asked for. What failed is tried again. */
export class SessionCache {
  readonly #options: SessionOptions;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** `key` names the graph that `build` makes. */
  get(key: string, build: () => Uint8Array): Promise<Session> {
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const session = createSession(build(), this.#options);
    this.#sessions.set(key, session);
    // A session that failed to load must not be remembered as one.
    session.catch(() => this.#sessions.delete(key));
    return session;
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await session.then((ready) => ready.dispose()).catch(() => undefined);
  }
}
