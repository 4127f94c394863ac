import type { MenuItemConstructorOptions } from 'electron';

/** Commands of the interface that the menu offers, by their ids in its registry. */
export type MenuCommand =
  | 'model.openFolder'
  | 'session.open'
  | 'session.save'
  | 'session.show'
  | 'engine.restart'
  | 'view.toggleTheme'
  | 'view.openPalette';

/**
 * The application menu. Undo and redo are missing on purpose: they belong to the interface, and a menu would take
 * their keys away from it.
 */
export function menuTemplate(run: (command: MenuCommand) => void, platform: string): MenuItemConstructorOptions[] {
  const command = (label: string, id: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => run(id),
    // Shown but not taken: the page has these keys itself, in the browser too.
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
  });
  return [
    ...(platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [
        command('Open a model folder…', 'model.openFolder', 'CmdOrCtrl+O'),
        { type: 'separator' },
        command('Open a session…', 'session.open'),
        command('Save session', 'session.save', 'CmdOrCtrl+S'),
        command('Save as, recover…', 'session.show', 'CmdOrCtrl+Shift+O'),
        { type: 'separator' },
        command('Restart engine', 'engine.restart'),
        { type: 'separator' },
        { role: platform === 'darwin' ? 'close' : 'quit' },
      ],
    },
    {
      label: 'Edit',
      submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
    },
    {
      label: 'View',
      submenu: [
        command('Commands…', 'view.openPalette', 'CmdOrCtrl+K'),
        command('Light or dark', 'view.toggleTheme'),
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
  ];
}
