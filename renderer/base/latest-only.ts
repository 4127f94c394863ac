/**
 * One abort controller a slot: beginning work in a slot aborts what the slot was doing. For the same view the latest
 * request wins.
 */
export class LatestOnly<Slot extends string> {
  readonly #controllers = new Map<Slot, AbortController>();

  begin(slot: Slot): AbortSignal {
    this.abort(slot);
    const controller = new AbortController();
    this.#controllers.set(slot, controller);
    return controller.signal;
  }

  abort(slot: Slot): void {
    this.#controllers.get(slot)?.abort();
    this.#controllers.delete(slot);
  }

  abortAll(): void {
    for (const slot of [...this.#controllers.keys()]) this.abort(slot);
  }
}
