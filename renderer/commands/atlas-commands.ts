import { patch } from '../state/store.ts';
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
];
