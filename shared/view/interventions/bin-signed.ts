/**
 * Thousands of tokens on a few hundred pixels: each column shows the change of largest magnitude among its tokens, with
 * its sign, so that a single changed token is never averaged away.
 */
export interface SignedBin {
  readonly value: number;
  /** The token that has it. */
  readonly index: number;
}

export function binSigned(values: Float32Array, columns: number): readonly SignedBin[] {
  const count = Math.min(columns, values.length);
  return Array.from({ length: count }, (_, column) => {
    const end = Math.floor(((column + 1) * values.length) / count);
    let index = Math.floor((column * values.length) / count);
    for (let at = index; at < end; at++) {
      // NaN, the first token's, loses every comparison.
      if (!(Math.abs(values[index]!) >= Math.abs(values[at]!)) && !Number.isNaN(values[at]!)) index = at;
    }
    const value = values[index] ?? NaN;
    return { value: Number.isNaN(value) ? 0 : value, index };
  });
}
