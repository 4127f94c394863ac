import { vi } from 'vitest';

/** jsdom lays nothing out: every element that is observed from here on has this size. `vi.unstubAllGlobals` undoes it. */
export function stubElementSize(width: number, height: number): void {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      readonly #callback: (entries: unknown[]) => void;
      constructor(callback: (entries: unknown[]) => void) {
        this.#callback = callback;
      }
      observe() {
        this.#callback([{ contentRect: { width, height } }]);
      }
      disconnect() {
        return undefined;
      }
    },
  );
}
