import { MOST_SINK_KEYS } from '../../shared/view/map/sink-keys.ts';
import { includesHead } from '../state/comparison.ts';
import { addToComparison, endComparison, removeFromComparison, unfoldAll } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import type { Command } from './command.ts';
import { foldSelection } from './fold-selection.ts';
import { headOf } from './head-commands.ts';

export const mapCommands: readonly Command[] = [
  {
    id: 'map.goTo',
    label: 'Go to a place on the map: token, cell or text…',
    group: 'View',
    keys: ['j'],
    when: ({ run }) => run.clean !== undefined,
    run: () => {
      const focus = () => {
        const field = document.querySelector<HTMLInputElement>('[data-map-goto]');
        if (!field || field === document.activeElement) return;
        field.focus();
        field.select();
      };
      focus();
      // Again after the palette, if it was the palette, has given the focus back.
      requestAnimationFrame(focus);
    },
  },
  {
    id: 'map.toggleBrush',
    label: 'Draw a rectangle on the map, or move the map again',
    group: 'View',
    keys: ['b'],
    when: ({ run, edit }) => run.clean !== undefined && edit.comparison === undefined,
    run: ({ store }) => patch(store, 'view', { brushing: !store.getState().view.brushing }),
  },
  {
    id: 'map.clearBrush',
    label: 'Clear the selection on the map',
    group: 'View',
    keys: ['escape'],
    when: ({ view, run, edit }) =>
      view.brush !== undefined && view.brush.of === run.clean?.key && edit.comparison === undefined,
    run: ({ store }) => patch(store, 'view', { brush: undefined, brushing: false }),
  },
  {
    id: 'map.toggleSinkKey',
    label: 'Put the pinned key beside the map as a strip, or take it away',
    group: 'View',
    keys: ['k'],
    when: ({ edit }) => edit.pinnedToken !== undefined && edit.comparison === undefined,
    run: ({ store }) => {
      const { edit, view } = store.getState();
      const key = edit.pinnedToken;
      if (key === undefined) return;
      const before = view.sinkRule === 'chosen' ? view.sinkKeys : [0];
      const without = before.filter((other) => other !== key);
      const sinkKeys = without.length < before.length ? without : [...before, key].sort((a, b) => a - b);
      patch(store, 'view', { sinkRule: 'chosen', sinkKeys: sinkKeys.slice(-MOST_SINK_KEYS) });
    },
  },
  {
    id: 'map.foldSelection',
    label: 'Fold the selected tokens on the axes of the map',
    group: 'View',
    keys: ['f'],
    when: ({ run }) => run.clean !== undefined,
    run: (services) => foldSelection(services),
  },
  {
    id: 'map.unfoldAll',
    label: 'Unfold all tokens on the axes of the map',
    group: 'View',
    when: ({ edit }) => edit.folds.length > 0,
    run: ({ store }) => unfoldAll(store),
  },
  {
    id: 'map.compareHead',
    label: 'Put the selected head beside others, or take it out',
    group: 'Heads',
    keys: ['v'],
    when: ({ edit, run }) => edit.head !== undefined && run.clean !== undefined,
    run: ({ store }, argument) => {
      const { edit } = store.getState();
      const head = argument === undefined ? edit.head : headOf(store.getState(), argument);
      if (!head) return;
      if (includesHead(edit.comparison, head)) removeFromComparison(store, head);
      else addToComparison(store, head);
    },
  },
  {
    id: 'map.endComparison',
    label: 'Show one head again',
    group: 'Heads',
    keys: ['shift+v'],
    when: ({ edit }) => edit.comparison !== undefined,
    run: ({ store }) => endComparison(store),
  },
];
