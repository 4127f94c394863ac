import { useMemo } from 'react';
import { useAppState } from '../app/use-app-state.ts';
import { promptName, type TokenFold } from '../state/folds.ts';

/** The folds of the prompt on screen. */
export function useFolds(): readonly TokenFold[] {
  const of = useAppState((state) => promptName(state.run));
  const folds = useAppState(({ edit }) => edit.folds);
  return useMemo(() => folds.filter((fold) => fold.of === of), [folds, of]);
}
