import { useEffect } from 'react';
import { useAppState } from '../app/use-app-state.ts';

/** Asks before the window is closed or loaded anew while something is unsaved. */
export function useCloseGuard(): void {
  const dirty = useAppState(({ file }) => file.dirty);
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [dirty]);
}
