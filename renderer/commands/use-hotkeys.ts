import { useEffect } from 'react';
import { useApp } from '../app/app-context.ts';
import { commandForPress } from './registry.ts';

/** Listens on the window for the keys of all commands. Dialogs keep their keys to themselves. */
export function useHotkeys(): void {
  const services = useApp();
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      const state = services.store.getState();
      if (event.defaultPrevented || state.ui.dialog !== undefined) return;
      const command = commandForPress(event, state, isField(event.target), state.host.platform === 'darwin');
      if (!command) return;
      event.preventDefault();
      command.run(services);
    }
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [services]);
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input:not([type=radio],[type=checkbox]), textarea, select');
}
