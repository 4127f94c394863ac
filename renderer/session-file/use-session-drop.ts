import { useEffect } from 'react';
import { toWireError } from '../../shared/base/app-error.ts';
import { useApp } from '../app/app-context.ts';
import { patch } from '../state/store.ts';

export const SESSION_EXTENSION = '.headscope';

/** Opens a session file that is dropped anywhere on the window. Other files belong to where they are dropped. */
export function useSessionDrop(): void {
  const { store, session, transfer } = useApp();
  useEffect(() => {
    const onDragOver = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
    };
    const onDrop = (event: DragEvent) => {
      const file = [...(event.dataTransfer?.files ?? [])].find(({ name }) => name.endsWith(SESSION_EXTENSION));
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
      if (!file) return;
      transfer
        .send(file)
        .then((path) => session.openSession(path))
        .catch((error: unknown) => patch(store, 'file', { error: toWireError(error) }));
    };
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onDragOver);
      window.removeEventListener('drop', onDrop);
    };
  }, [store, session, transfer]);
}
