/** Numbers as few bits keep them: equal steps from the smallest to the largest of a group. */

export class Quantiser {
  readonly #steps: number;
  #low = Infinity;
  #high = -Infinity;

  constructor(bits: number) {
    this.#steps = 2 ** bits - 1;
  }

  /** Takes a number of the group into its range. */
  see(value: number): void {
    this.#low = Math.min(this.#low, value);
    this.#high = Math.max(this.#high, value);
  }

  /** What is read back of a number of the group; of a group of equal ones the number itself. */
  back(value: number): number {
    const step = (this.#high - this.#low) / this.#steps;
    return step === 0 ? value : nearestEven((value - this.#low) / step) * step + this.#low;
  }
}

/** Halves go to the even neighbour, as torch.round does. */
function nearestEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
