/** 1 = the largest of all. Equal values share the better rank; a missing value has none. */
export function rankOf(values: Float64Array, at: number): number | undefined {
  const own = values[at];
  if (own === undefined || Number.isNaN(own)) return undefined;
  return 1 + values.reduce((larger, value) => larger + (value > own ? 1 : 0), 0);
}
