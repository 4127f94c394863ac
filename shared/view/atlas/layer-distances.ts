/**
 * Spatial profile of a model: the mean over the heads of each layer of their attention mass by distance, [layers, bins].
 * `values`: [layers x heads, bins], as `run.distances` answers.
 */
export function layerDistances(
  { bins, values }: { readonly bins: number; readonly values: Float32Array },
  heads: number,
): Float64Array {
  const layers = values.length / (heads * bins);
  const profile = new Float64Array(layers * bins);
  values.forEach((mass, at) => {
    const layer = Math.floor(at / (heads * bins));
    profile[layer * bins + (at % bins)]! += mass / heads;
  });
  return profile;
}
