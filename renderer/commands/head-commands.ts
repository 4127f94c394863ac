import { formatHead, parseHead, type HeadId } from '../../shared/model/head-id.ts';
import { redo, selectHead, setInterventions, toggleAblation, undo } from '../state/edits.ts';
import type { AppState } from '../state/store.ts';
import type { Command } from './command.ts';

export const headCommands: readonly Command[] = [
  {
    id: 'head.toggleAblation',
    label: 'Ablate or restore the selected head',
    group: 'Interventions',
    keys: ['a'],
    when: (state) => state.edit.head !== undefined && state.run.clean !== undefined,
    run: ({ store }, argument) => {
      const head = argument === undefined ? store.getState().edit.head : headOf(store.getState(), argument);
      if (head) toggleAblation(store, head);
    },
  },
  {
    id: 'interventions.clear',
    label: 'Remove all interventions',
    group: 'Interventions',
    when: ({ edit }) => edit.interventions.length > 0,
    run: ({ store }) => setInterventions(store, []),
  },
  {
    id: 'edit.undo',
    label: 'Undo',
    group: 'Interventions',
    keys: ['mod+z'],
    when: ({ history }) => history.past.length > 0,
    run: ({ store }) => undo(store),
  },
  {
    id: 'edit.redo',
    label: 'Redo',
    group: 'Interventions',
    keys: ['mod+shift+z', 'mod+y'],
    when: ({ history }) => history.future.length > 0,
    run: ({ store }) => redo(store),
  },
  {
    id: 'head.select',
    label: 'Go to a head by name…',
    group: 'Heads',
    keys: ['g'],
    when: ({ model }) => model.info !== undefined,
    run: ({ store }, argument) => {
      const head = argument === undefined ? undefined : headOf(store.getState(), argument);
      if (head) selectHead(store, head);
      else store.setState(({ ui }) => ({ ui: { ...ui, dialog: 'palette' } }));
    },
  },
  stepCommand('head.next', 'Next head', ']', 1),
  stepCommand('head.previous', 'Previous head', '[', -1),
];

/** Walks through all heads, layer after layer. */
function stepCommand(id: string, label: string, key: string, step: number): Command {
  return {
    id,
    label,
    group: 'Heads',
    keys: [key],
    when: ({ edit }) => edit.head !== undefined,
    run: ({ store }) => {
      const { edit, model } = store.getState();
      if (!edit.head || !model.info) return;
      const { layers, heads } = model.info;
      const at = edit.head.layer * heads + edit.head.head + step;
      if (at >= 0 && at < layers * heads) selectHead(store, { layer: Math.floor(at / heads), head: at % heads });
    },
  };
}

/** The head of that name, if the open model has it. */
export function headOf({ model }: AppState, text: string): HeadId | undefined {
  const head = parseHead(text);
  if (!head || !model.info) return undefined;
  return head.layer < model.info.layers && head.head < model.info.heads ? head : undefined;
}

/** Why a well-formed name leads nowhere: `The model has L0H0 to L3H7.` */
export function headRange({ model }: AppState): string {
  if (!model.info) return '';
  const last = { layer: model.info.layers - 1, head: model.info.heads - 1 };
  return `The model has ${formatHead({ layer: 0, head: 0 })} to ${formatHead(last)}.`;
}
