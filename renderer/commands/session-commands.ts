import { panels } from '../app/panels.ts';
import type { FigureViewId } from '../../shared/figure/recipe.ts';
import { FIGURE_VIEW_NAMES } from '../../shared/figure/view-names.ts';
import { patch } from '../state/store.ts';
import type { Command } from './command.ts';

export const sessionCommands: readonly Command[] = [
  {
    id: 'session.show',
    label: 'Session: save as, open, recover…',
    group: 'Session',
    keys: ['mod+shift+o'],
    inFields: true,
    run: ({ store }) => patch(store, 'ui', { dialog: 'session' }),
  },
  {
    id: 'session.save',
    label: 'Save the session',
    group: 'Session',
    keys: ['mod+s'],
    inFields: true,
    run: ({ store, session }) => {
      if (store.getState().file.file) void session.files.save();
      else patch(store, 'ui', { dialog: 'session' });
    },
  },
  {
    id: 'session.open',
    label: 'Open a session file…',
    group: 'Session',
    run: ({ store, session }, path) => {
      if (path === undefined) patch(store, 'ui', { dialog: 'session' });
      else void session.openSession(path);
    },
  },
  {
    id: 'session.runAgain',
    label: 'Run the stored session again, with its model',
    group: 'Session',
    when: ({ run }) => run.clean?.stored !== undefined,
    run: ({ session }) => void session.goLive(),
  },
  {
    id: 'session.leaveFile',
    label: 'Go on without the file: the next save asks where',
    group: 'Session',
    when: ({ file }) => file.file !== undefined,
    run: ({ session }) => void session.files.detach(),
  },
  {
    id: 'figure.export',
    label: 'Export a figure or its numbers…',
    group: 'Session',
    keys: ['mod+e'],
    inFields: true,
    when: ({ run }) => run.clean !== undefined,
    run: ({ store }, view) => {
      const figureView = (Object.keys(FIGURE_VIEW_NAMES) as FigureViewId[]).find((id) => id === view);
      patch(store, 'ui', { dialog: 'figure', figureView });
    },
  },
  {
    id: 'view.showNotes',
    label: 'Show the notes',
    group: 'View',
    keys: ['o'],
    run: ({ store }) => {
      patch(store, 'view', { dockTab: 'notes' });
      panels.show('dock');
    },
  },
];
