/**
 * Tints of the token strip. A tint is a strength in [0, 1] with a sign: attention is positive only; a change of
 * likelihood is signed, positive = less likely.
 */
export interface StripTints {
  /** One a token, 0 = none. */
  readonly strengths: Float32Array;
  /** The value that has full strength, in the unit of the data. */
  readonly limit: number;
  readonly signed: boolean;
}

/** Attention is skewed: the square root keeps the small weights visible without a floor that would hide zero. */
export function attentionTints(p: Float32Array): StripTints {
  let limit = 0;
  for (const value of p) if (value > limit) limit = value;
  return { strengths: p.map((value) => (limit === 0 ? 0 : Math.sqrt(value / limit))), limit, signed: false };
}

/** Shares of a whole: the scale ends at 1, so that prompts can be held against each other. */
export function shareTints(share: Float32Array): StripTints {
  return { strengths: share.map((value) => Math.sqrt(value)), limit: 1, signed: false };
}

/** Changes below this are not worth a colour, whatever the largest one is. */
const SMALLEST_LIMIT_NATS = 0.05;

/** The limit is the 98th percentile of the magnitudes, so that one token does not pale all others. */
export function changeTints(delta: Float32Array): StripTints {
  const magnitudes = delta
    .map(Math.abs)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const at = Math.min(magnitudes.length - 1, Math.floor(0.98 * magnitudes.length));
  const limit = Math.max(SMALLEST_LIMIT_NATS, magnitudes[at] ?? 0);
  const strengths = delta.map((value) => (Number.isNaN(value) ? 0 : Math.max(-1, Math.min(1, value / limit))));
  return { strengths, limit, signed: true };
}

/** The steps in which strengths are drawn: equal steps give equal styles, which spares the browser work. */
export function quantise(strength: number): number {
  return Math.round(strength * 24) / 24;
}
