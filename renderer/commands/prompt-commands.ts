import { pinToken } from '../state/edits.ts';
import { canRun, runsCut } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import type { Command } from './command.ts';

export const promptCommands: readonly Command[] = [
  {
    id: 'prompt.run',
    label: 'Run the prompt',
    group: 'Prompt',
    keys: ['mod+enter'],
    inFields: true,
    when: canRun,
    run: ({ session, store }) => void session.runPrompt({ cut: runsCut(store.getState()) }),
  },
  {
    id: 'prompt.cancelRun',
    label: 'Cancel the run',
    group: 'Prompt',
    keys: ['mod+.'],
    inFields: true,
    when: ({ run }) => run.job !== undefined,
    run: ({ session }) => session.cancelRun(),
  },
  {
    id: 'prompt.edit',
    label: 'Edit the prompt',
    group: 'Prompt',
    keys: ['e'],
    run: ({ store }) => {
      patch(store, 'prompt', { mode: 'edit' });
      // The editor is there after the next paint.
      requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-prompt-editor]')?.focus());
    },
  },
  {
    id: 'prompt.showTokens',
    label: 'Show the prompt as tokens',
    group: 'Prompt',
    keys: ['t'],
    when: ({ run }) => run.clean !== undefined,
    run: ({ store }) => patch(store, 'prompt', { mode: 'tokens' }),
  },
  {
    id: 'prompt.unpin',
    label: 'Unpin the token',
    group: 'Prompt',
    keys: ['escape'],
    when: ({ edit, ui }) => edit.pinnedToken !== undefined && ui.dialog === undefined,
    run: ({ store }) => pinToken(store, undefined),
  },
];
