/**
 * 1 = the largest of all. Equal values share the better rank, also where the order of summing tells their last digits
 * apart; a missing value has none.
 */
export function rankOf(values: Float64Array, at: number): number | undefined {
  const own = values[at];
  if (own === undefined || Number.isNaN(own)) return undefined;
  const least = own + TIE * Math.abs(own);
  return 1 + values.reduce((larger, value) => larger + (value > least ? 1 : 0), 0);
}

/** Relative; a million times what rounding does to a sum, and nothing that a person would call a difference. */
const TIE = 1e-9;
