import { useMemo } from 'react';
import { useScores } from '../scores/use-scores.ts';

export interface ControlRate {
  /** Share of heads whose mean importance of key 0 is over the threshold. */
  readonly rate: number;
  readonly prompts: number;
}

/** Rates of the first position on the probe sets that were run, by the id of the set. */
export function useControlRates(threshold: number): Readonly<Record<string, ControlRate>> {
  const { entries } = useScores();
  return useMemo(
    () =>
      Object.fromEntries(
        entries.flatMap(({ origin, table }) => {
          if (!origin?.probe || table?.info.id !== 'sink-importance' || !table.values) return [];
          const { values, spread } = table;
          const rate = values.reduce((sum, value) => sum + (value > threshold ? 1 : 0), 0) / values.length;
          return [[origin.probe, { rate, prompts: spread?.prompts ?? 1 }] as const];
        }),
      ),
    [entries, threshold],
  );
}
