/** Largest absolute difference over the largest absolute value of the reference. NaN anywhere counts as infinite. */
export function relativeError(actual: Float32Array, reference: Float32Array): number {
  if (actual.length !== reference.length) {
    throw new Error(`Compared ${actual.length} values with ${reference.length}.`);
  }
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < reference.length; i++) {
    const error = Math.abs(actual[i]! - reference[i]!);
    if (Number.isNaN(error)) return Infinity;
    difference = Math.max(difference, error);
    largest = Math.max(largest, Math.abs(reference[i]!));
  }
  return largest === 0 ? (difference === 0 ? 0 : Infinity) : difference / largest;
}
