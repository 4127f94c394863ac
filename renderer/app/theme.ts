import type { AppStore } from '../state/store.ts';
import type { ThemeChoice } from '../state/prefs-state.ts';

const darkQuery = () => window.matchMedia('(prefers-color-scheme: dark)');

export function resolveTheme(choice: ThemeChoice): 'light' | 'dark' {
  if (choice !== 'system') return choice;
  return darkQuery().matches ? 'dark' : 'light';
}

/** The other one of what is seen now. */
export function toggleTheme(choice: ThemeChoice): ThemeChoice {
  return resolveTheme(choice) === 'dark' ? 'light' : 'dark';
}

/** Keeps `data-theme` of the document as chosen, and as the system says while the choice is `system`. */
export function applyTheme(store: AppStore): void {
  const apply = () => {
    document.documentElement.dataset['theme'] = resolveTheme(store.getState().prefs.theme);
  };
  apply();
  store.subscribe(({ prefs }, before) => {
    if (prefs !== before.prefs) apply();
  });
  darkQuery().addEventListener('change', apply);
}
