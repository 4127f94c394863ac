/** Mean over the tokens that something predicts: all but the first. Nats a token; NaN where there is none. */
export function meanNll(nll: Float32Array): number {
  let sum = 0;
  for (let at = 1; at < nll.length; at++) sum += nll[at]!;
  return nll.length < 2 ? NaN : sum / (nll.length - 1);
}
