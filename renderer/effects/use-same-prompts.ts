import { useAppState } from '../app/use-app-state.ts';

/** Whether the corrupted prompt is still the clean one. */
export function useSamePrompts(): boolean {
  const source = useAppState(({ run }) => run.source);
  const corrupted = useAppState(({ effects }) => effects.settings.corrupted);
  const clean = source?.kind === 'ids' ? source.ids : source?.text;
  return corrupted === undefined || corrupted === clean;
}
