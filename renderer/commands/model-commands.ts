import { patch } from '../state/store.ts';
import type { Command } from './command.ts';

export const modelCommands: readonly Command[] = [
  {
    id: 'model.chooseModel',
    label: 'Choose a model…',
    group: 'Model',
    keys: ['mod+m'],
    inFields: true,
    run: ({ store }) => patch(store, 'ui', { dialog: 'models' }),
  },
  {
    id: 'model.openFolder',
    label: 'Open a model folder…',
    group: 'Model',
    keys: ['mod+o'],
    inFields: true,
    run: ({ store, session }, path) => {
      if (path !== undefined) void session.openModel(path);
      else if (store.getState().host.shell === 'desktop') void pickAndOpen();
      else patch(store, 'ui', { dialog: 'folder' });

      async function pickAndOpen(): Promise<void> {
        const picked = await session.pickFolder();
        if (picked !== undefined) await session.openModel(picked);
      }
    },
  },
  {
    id: 'model.openShipped',
    label: 'Open the shipped model',
    group: 'Model',
    run: ({ session }) => void session.openModel('demo'),
  },
  {
    id: 'engine.restart',
    label: 'Restart the engine',
    group: 'Model',
    // Also while it is restarting: a host that gave up on its engine waits for exactly this.
    when: ({ host }) => host.connection.status === 'open',
    run: ({ store, session }) => {
      const { failed } = store.getState().model;
      if (failed?.error.code === 'engine-died') patch(store, 'model', { failed: undefined });
      void session.restartEngine();
    },
  },
];
