import { nextSinkMode } from '../../shared/view/map/sink-mode.ts';
import { toggleTheme } from '../app/theme.ts';
import { panels } from '../app/panels.ts';
import { patch } from '../state/store.ts';
import type { ThemeChoice } from '../state/prefs-state.ts';
import type { DockTab, Drawing } from '../state/view-state.ts';
import type { Command } from './command.ts';

export const viewCommands: readonly Command[] = [
  {
    id: 'view.openPalette',
    label: 'Search heads, tokens and commands…',
    group: 'View',
    keys: ['mod+k', '/'],
    inFields: true,
    run: ({ store }) => patch(store, 'ui', { dialog: 'palette' }),
  },
  {
    id: 'view.toggleShownRun',
    label: 'Switch map and atlas between clean and ablated',
    group: 'View',
    keys: ['c'],
    when: ({ run }) => run.changed !== undefined,
    run: ({ store }) => {
      const { shown } = store.getState().view;
      patch(store, 'view', { split: false, shown: shown === 'clean' ? 'changed' : 'clean' });
    },
  },
  {
    id: 'view.toggleSplit',
    label: 'Show clean and ablated side by side, or one of them',
    group: 'View',
    keys: ['shift+c'],
    when: ({ run }) => run.changed !== undefined,
    run: ({ store }) => patch(store, 'view', { split: !store.getState().view.split, shown: 'changed' }),
  },
  {
    id: 'view.nextSinkMode',
    label: 'Sinks: show, in the gutter, excluded, or the rest renormalised, in turn',
    group: 'View',
    keys: ['s'],
    run: ({ store }) => patch(store, 'view', { sinkMode: nextSinkMode(store.getState().view.sinkMode) }),
  },
  {
    id: 'view.toggleScale',
    label: 'Switch the map between logarithmic and linear colours',
    group: 'View',
    keys: ['l'],
    run: ({ store }) => patch(store, 'view', { scale: store.getState().view.scale === 'log' ? 'linear' : 'log' }),
  },
  {
    id: 'view.resetGamma',
    label: 'Take the gamma of the map’s colours back to 1',
    group: 'View',
    when: ({ view }) => view.gamma !== 1,
    run: ({ store }) => patch(store, 'view', { gamma: 1 }),
  },
  drawingCommand('auto', 'Draw maps: with the graphics card where there is one'),
  drawingCommand('webgl', 'Draw maps: with WebGL2, imitated if need be'),
  drawingCommand('canvas', 'Draw maps: without the graphics card'),
  {
    id: 'view.toggleTheme',
    label: 'Switch between light and dark',
    group: 'View',
    run: ({ store }) => patch(store, 'prefs', { theme: toggleTheme(store.getState().prefs.theme) }),
  },
  themeCommand('system', 'Theme: as the system'),
  themeCommand('light', 'Theme: light'),
  themeCommand('dark', 'Theme: dark'),
  {
    id: 'view.togglePromptPanel',
    label: 'Show or hide the prompt panel',
    group: 'View',
    keys: ['1'],
    run: () => panels.toggle('prompt'),
  },
  {
    id: 'view.toggleHeadsPanel',
    label: 'Show or hide the heads panel',
    group: 'View',
    keys: ['2'],
    run: () => panels.toggle('heads'),
  },
  {
    id: 'view.toggleDock',
    label: 'Show or hide the dock',
    group: 'View',
    keys: ['3'],
    run: () => panels.toggle('dock'),
  },
  dockCommand('interventions', 'Show the interventions', 'i'),
  dockCommand('generation', 'Show what was generated, and how to generate', 'n'),
  dockCommand('sinks', 'Show where heads rest', 'r'),
  { id: 'view.resetLayout', label: 'Reset the layout', group: 'View', run: () => panels.reset() },
  {
    id: 'help.showKeys',
    label: 'Keys and commands',
    group: 'Help',
    keys: ['?'],
    run: ({ store }) => patch(store, 'ui', { dialog: 'help' }),
  },
];

function dockCommand(tab: DockTab, label: string, key: string): Command {
  return {
    id: `view.show${tab.slice(0, 1).toUpperCase()}${tab.slice(1)}`,
    label,
    group: 'View',
    keys: [key],
    run: ({ store }) => {
      patch(store, 'view', { dockTab: tab });
      panels.show('dock');
    },
  };
}

function drawingCommand(drawing: Drawing, label: string): Command {
  return { id: `view.drawing.${drawing}`, label, group: 'View', run: ({ store }) => patch(store, 'view', { drawing }) };
}

function themeCommand(theme: ThemeChoice, label: string): Command {
  return { id: `view.theme.${theme}`, label, group: 'View', run: ({ store }) => patch(store, 'prefs', { theme }) };
}
