import type * as Electron from 'electron';

/** The modules of Electron that the desktop shell uses, handed in so that a test can hand in others. */
export type ElectronModules = Pick<
  typeof Electron,
  'app' | 'BrowserWindow' | 'dialog' | 'ipcMain' | 'Menu' | 'nativeTheme' | 'protocol' | 'session' | 'utilityProcess'
>;
