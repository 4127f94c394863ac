import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void): () => void {
  // Zooming the page and moving to another screen both resize the window's layout.
  window.addEventListener('resize', listener);
  return () => {
    window.removeEventListener('resize', listener);
  };
}

/** Device pixels per CSS pixel. */
export function usePixelRatio(): number {
  return useSyncExternalStore(subscribe, () => window.devicePixelRatio || 1);
}
