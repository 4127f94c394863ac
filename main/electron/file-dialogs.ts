import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { SESSION_EXTENSION } from '../../shared/session/manifest.ts';
import { withExtension, type PickFile } from '../host/session-handlers.ts';
import type { ElectronModules } from './modules.ts';

const FILTERS = [
  { name: 'Headscope sessions', extensions: [SESSION_EXTENSION.slice(1)] },
  { name: 'Backups of sessions', extensions: ['bak'] },
];

export function createPickFile({ dialog, BrowserWindow }: Pick<ElectronModules, 'dialog' | 'BrowserWindow'>): PickFile {
  return async (what, name) => {
    const window = BrowserWindow.getAllWindows()[0]!;
    if (what === 'open') {
      const options = { title: 'Open a session', properties: ['openFile' as const], filters: FILTERS };
      const { canceled, filePaths } = await dialog.showOpenDialog(window, options);
      return canceled ? null : (filePaths[0] ?? null);
    }
    const { canceled, filePath } = await dialog.showSaveDialog(window, {
      title: 'Save the session',
      defaultPath: withExtension(basename(name) || 'session'),
      filters: FILTERS.slice(0, 1),
    });
    if (canceled || filePath === '') return null;
    const path = withExtension(filePath);
    // Of a name that it did not end with the extension, the dialog asked about another file.
    if (path === filePath || !existsSync(path)) return path;
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message: `Replace ${basename(path)}?`,
      detail: 'A file of this name is there already.',
      buttons: ['Replace', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    });
    return response === 0 ? path : null;
  };
}

/** Whether to leave a page with unsaved changes. Asks at once, because closing waits for the answer. */
export function confirmLeaving({ dialog }: Pick<ElectronModules, 'dialog'>, window: Electron.BrowserWindow): boolean {
  const response = dialog.showMessageBoxSync(window, {
    type: 'warning',
    message: 'Leave without saving?',
    detail: 'The session holds changes that are not saved.',
    buttons: ['Leave without saving', 'Stay'],
    defaultId: 1,
    cancelId: 1,
  });
  return response === 0;
}
