import type { AppServices } from '../app/app-context.ts';
import type { AppState } from '../state/store.ts';

/**
 * Something a person can do. Palette, keys, the help list, the desktop menu and scripts (`window.__headscope.run`) all
 * read the same entry; adding one touches its list in this folder only.
 */
export interface Command {
  /** `area.verbNoun`. */
  readonly id: string;
  readonly label: string;
  readonly group: 'Session' | 'Model' | 'Prompt' | 'Heads' | 'Interventions' | 'View' | 'Help';
  /** `mod+k`; `mod` is Ctrl, or Command on a Mac. The first is the one shown. */
  readonly keys?: readonly string[];
  /** Also while a text field has the focus; otherwise keys there belong to the field. */
  readonly inFields?: boolean;
  /** Undefined = always possible. */
  readonly when?: (state: AppState) => boolean;
  /** `argument`: from the desktop menu or a script; most commands have none. */
  readonly run: (services: AppServices, argument?: string) => void;
}
