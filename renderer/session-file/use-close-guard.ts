import { useEffect } from 'react';
import { useApp } from '../app/app-context.ts';

/** Asks before the window is closed or loaded anew while something is unsaved. */
export function useCloseGuard(): void {
  const { session } = useApp();
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (session.files.isDirty) event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [session]);
}
