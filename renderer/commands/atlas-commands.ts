import { canPin, pinReference, unpinReference } from '../compare-runs/pin-reference.ts';
import { isFiltering, NO_FILTER } from '../../shared/view/atlas/head-filter.ts';
import { setFilter } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { shownRun } from '../state/selectors.ts';
import type { CentreTab } from '../state/view-state.ts';
import type { Command } from './command.ts';

export const atlasCommands: readonly Command[] = [
  {
    id: 'atlas.toggleMaps',
    label: 'Switch the head atlas between scores and small maps',
    group: 'View',
    keys: ['m'],
    run: ({ store }) => {
      const { atlasCells } = store.getState().view;
      patch(store, 'view', { atlasCells: atlasCells === 'maps' ? 'score' : 'maps' });
    },
  },
  {
    id: 'scores.pin',
    label: 'Pin the scores on screen as B, to compare others with',
    group: 'Heads',
    keys: ['p'],
    when: canPin,
    run: pinReference,
  },
  {
    id: 'scores.unpin',
    label: 'Unpin B',
    group: 'Heads',
    keys: ['shift+p'],
    when: ({ edit }) => edit.reference !== undefined,
    run: unpinReference,
  },
  {
    id: 'scores.choose',
    label: 'Choose the score of the atlas…',
    group: 'Heads',
    keys: ['x'],
    when: (state) => shownRun(state) !== undefined,
    run: ({ store }) => patch(store, 'ui', { dialog: 'scores', scoreTarget: 'atlas' }),
  },
  {
    id: 'scores.runProbe',
    label: 'Score heads over many prompts…',
    group: 'Heads',
    when: ({ model }) => model.info !== undefined,
    run: ({ store }) => patch(store, 'ui', { dialog: 'probe' }),
  },
  {
    id: 'scores.clearFilter',
    label: 'List all heads again',
    group: 'Heads',
    when: ({ edit }) => isFiltering(edit.filter),
    run: ({ store }) => setFilter(store, NO_FILTER),
  },
  centreCommand('map', 'view.showMap', 'Show the attention map', '4'),
  centreCommand('head', 'view.showHead', 'Show the page of the selected head', '5'),
  centreCommand('scores', 'view.showScores', 'Show all heads by their scores', '6'),
  centreCommand('effects', 'view.showEffects', 'Show what changing heads does', '7'),
  centreCommand('lab', 'view.showLab', 'Compare sparse attention and KV-cache methods', '8'),
  centreCommand('decode', 'view.showDecode', 'Show generated tokens step by step', '9'),
];

function centreCommand(centre: CentreTab, id: string, label: string, key: string): Command {
  return {
    id,
    label,
    group: 'View',
    keys: [key],
    when: (state) => shownRun(state) !== undefined,
    run: ({ store }) => patch(store, 'view', { centre }),
  };
}
