import { useMemo } from 'react';
import { useAppState } from '../app/use-app-state.ts';
import { comparedFigure, type ComparedFigure } from './compared-figure.ts';
import { useComparison } from './use-comparison.ts';

/** What can be drawn of A and B: the score that is looked at, where both have it. */
export function useComparedFigure(): ComparedFigure | undefined {
  const reference = useAppState(({ edit }) => edit.reference);
  const { result, pairs, chosen } = useComparison(reference);
  const pair = chosen && pairs.get(chosen.key);
  return useMemo(
    () => (pair && result && reference ? comparedFigure(pair, result, reference) : undefined),
    [pair, result, reference],
  );
}
