/** Rotary embedding: turns dimensions i and i + headDim / 2 of a head together. */

/** The vector, [headDim], as if it had been rotated for so many positions more. */
export function rotate(vector: Float32Array, positions: number, frequencies: Float64Array): Float32Array {
  const half = frequencies.length;
  const turned = vector.slice();
  frequencies.forEach((frequency, i) => {
    const cos = Math.cos(positions * frequency);
    const sin = Math.sin(positions * frequency);
    turned[i] = vector[i]! * cos - vector[i + half]! * sin;
    turned[i + half] = vector[i + half]! * cos + vector[i]! * sin;
  });
  return turned;
}
