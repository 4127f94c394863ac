/**
 * The exact median of |x| over any number of values, without a copy of them: float32 magnitudes order like their bits,
 * so two counting passes find it, first by the upper 15 bits, then by the lower 16 of those that share them.
 *
 *   const median = new MedianMagnitude();
 *   for (const part of parts) median.countUpper(part);
 *   for (const part of parts) median.countLower(part);
 *   median.value();
 */
const MAGNITUDE = 0x7fff_ffff;
const LOWER_BITS = 16;

export class MedianMagnitude {
  readonly #upper = new Uint32Array(2 ** (31 - LOWER_BITS));
  readonly #lower = new Uint32Array(2 ** LOWER_BITS);
  #count = 0;
  /** Upper bits of the median, and how many values come before it among those that share them. */
  #found: { readonly bits: number; readonly rank: number } | null = null;

  countUpper(values: Float32Array): void {
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) this.#upper[(bits[i]! & MAGNITUDE) >>> LOWER_BITS]! += 1;
    this.#count += values.length;
  }

  /** After all values were counted by their upper bits; the same ones again. */
  countLower(values: Float32Array): void {
    this.#found ??= rankIn(this.#upper, Math.floor((this.#count - 1) / 2));
    const upper = this.#found.bits;
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) {
      const magnitude = bits[i]! & MAGNITUDE;
      if (magnitude >>> LOWER_BITS === upper) this.#lower[magnitude & (2 ** LOWER_BITS - 1)]! += 1;
    }
  }

  /** The lower one of two middle values. */
  value(): number {
    const { bits, rank } = this.#found!;
    const lower = rankIn(this.#lower, rank);
    const whole = new Uint32Array([(bits << LOWER_BITS) | lower.bits]);
    return new Float32Array(whole.buffer)[0]!;
  }
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** The bin that holds the value of a rank, and its rank in there. */
function rankIn(counts: Uint32Array, rank: number): { readonly bits: number; readonly rank: number } {
  let before = 0;
  let bits = 0;
  while (before + counts[bits]! <= rank) before += counts[bits++]!;
  return { bits, rank: rank - before };
}
