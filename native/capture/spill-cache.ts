/** The arrays of all captures on disk that were looked at last, within one budget. */

export class SpillCache {
  /** Least recently used first. */
  readonly #arrays = new Map<string, Float32Array>();
  readonly #budgetBytes: number;
  #held = 0;

  /** The array used last always stays, whatever its size. */
  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get(key: string): Float32Array | undefined {
    const found = this.#arrays.get(key);
    if (found === undefined) return undefined;
    this.#arrays.delete(key);
    this.#arrays.set(key, found);
    return found;
  }

  add(key: string, values: Float32Array): void {
    this.#arrays.set(key, values);
    this.#held += values.byteLength;
    for (const [old, { byteLength }] of this.#arrays) {
      if (this.#held <= this.#budgetBytes || old === key) break;
      this.#arrays.delete(old);
      this.#held -= byteLength;
    }
  }

  /** Drops what begins so. */
  drop(prefix: string): void {
    for (const [key, { byteLength }] of this.#arrays) {
      if (!key.startsWith(prefix)) continue;
      this.#arrays.delete(key);
      this.#held -= byteLength;
    }
  }
}
