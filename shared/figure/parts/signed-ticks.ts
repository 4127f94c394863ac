import { precisionFixed } from 'd3';
import { formatSigned } from '../../view/format.ts';

interface SignedTick {
  readonly value: number;
  readonly text: string;
}

/** Three or five round numbers about zero, within `limit` on both sides, with the decimals that tell them apart. */
export function signedTicks(limit: number): readonly SignedTick[] {
  const power = 10 ** Math.floor(Math.log10(limit));
  // A logarithm just off a whole number takes the power of ten beside it.
  const step = power * [10, 5, 2, 1, 0.5].find((part) => part * power <= limit * (1 + 1e-9))!;
  const most = Math.floor(limit / step + 1e-9);
  const decimals = precisionFixed(step);
  return Array.from({ length: 2 * most + 1 }, (_, place) => {
    const value = (most - place) * step;
    return { value, text: formatSigned(value, decimals) };
  });
}
