import { CancelledError } from '../../shared/base/app-error.ts';
import type { Client } from '../../shared/rpc/client.ts';

/** The way to the engine as it is now: connections come and go, and behind a connection engines do. */
export class EngineLink {
  client: Client | undefined;
  #epoch = 0;

  /** Counts engines, so that run ids of a dead one are not taken for those of its successor. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Another engine takes over; what the one before was asked is void. */
  nextEngine(): void {
    this.#epoch += 1;
  }

  /** Without a connection there is nobody to ask, and whoever asks is overtaken by the replay that follows. */
  connected(): Client {
    if (!this.client) throw new CancelledError();
    return this.client;
  }

  /** What a run of this engine is called for the life of the page. */
  runKey(runId: string): string {
    return `${this.#epoch}/${runId}`;
  }
}
