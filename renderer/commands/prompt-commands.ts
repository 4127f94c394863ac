import { mainLine, whyNotAdd, whyNotGenerate } from '../generation/readiness.ts';
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
    label: 'Cancel the run, or stop generating',
    group: 'Prompt',
    keys: ['mod+.'],
    inFields: true,
    when: ({ run, generation }) => run.job !== undefined || generation.job !== undefined,
    run: ({ session, store }) => {
      if (store.getState().run.job) session.cancelRun();
      else session.cancelGeneration();
    },
  },
  {
    id: 'prompt.generate',
    label: 'Generate from the prompt',
    group: 'Prompt',
    keys: ['mod+shift+enter'],
    inFields: true,
    when: (state) => whyNotGenerate(state) === undefined && !state.generation.job,
    run: ({ session }) => void session.generate(),
  },
  {
    id: 'prompt.stopGenerating',
    label: 'Stop generating and keep what came',
    group: 'Prompt',
    keys: ['escape'],
    inFields: true,
    when: ({ generation }) => generation.job !== undefined,
    run: ({ session }) => session.cancelGeneration(),
  },
  {
    id: 'prompt.addGenerated',
    label: 'Add what was generated to the prompt and run it',
    group: 'Prompt',
    when: (state) => whyNotAdd(state, mainLine(state)) === undefined,
    run: ({ session, store }) => void session.addToPrompt(mainLine(store.getState())),
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
