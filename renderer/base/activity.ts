/**
 * Counts work that is under way, so that a test (or a person scripting the page) can wait for rest instead of for time.
 *
 * Requests and timers register here; `idle` also waits until nothing on the page says `aria-busy` and a few animation
 * frames have passed without new work, because drawing code schedules its next step from a frame.
 */
export class Activity {
  #open = 0;
  readonly #pageIsBusy: () => boolean;
  readonly #listeners = new Set<() => void>();

  constructor(pageIsBusy: () => boolean = hasBusyElement) {
    this.#pageIsBusy = pageIsBusy;
  }

  /** Marks work as begun; the returned function ends it and may be called more than once. */
  begin(): () => void {
    this.#open += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#open -= 1;
      for (const listener of [...this.#listeners]) listener();
    };
  }

  async track<T>(work: Promise<T>): Promise<T> {
    const end = this.begin();
    try {
      return await work;
    } finally {
      end();
    }
  }

  get busy(): boolean {
    return this.#open > 0;
  }

  /** Resolves at the next moment without registered work. */
  async settled(): Promise<void> {
    while (this.busy) {
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  /** Resolves when no work is registered, nothing is marked busy and three frames in a row brought nothing new. */
  async idle(nextFrame: () => Promise<void> = animationFrame): Promise<void> {
    let quietFrames = 0;
    while (quietFrames < 3) {
      await this.settled();
      await nextFrame();
      quietFrames = this.busy || this.#pageIsBusy() ? 0 : quietFrames + 1;
    }
  }
}

function hasBusyElement(): boolean {
  return document.querySelector('[aria-busy="true"]') !== null;
}

function animationFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
}
