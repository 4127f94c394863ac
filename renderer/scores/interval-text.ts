import type { ScoreSpread } from '../../shared/model/score.ts';

/**
 * `0.10 to 0.30, n 7`: the interval of a head's mean over prompts, and how many the score applies to. `n 1` where there
 * is one value, which has no interval; nothing where there is none.
 */
export function intervalText(
  { prompts, active, low, high }: ScoreSpread,
  at: number,
  format: (value: number) => string,
): string {
  const [share, least, most] = [active[at]!, low[at]!, high[at]!];
  if (Number.isNaN(share)) return '';
  if (prompts < 2 || Number.isNaN(least)) return 'n 1';
  return `${format(least)} to ${format(most)}, n ${prompts}`;
}
