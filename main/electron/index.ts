/** The entry of Electron's main process. */
import * as electron from 'electron';
import { findApp } from '../files/app-paths.ts';
import { startDesktop } from './desktop.ts';

startDesktop(electron, findApp()).catch((error: unknown) => {
  console.error(error);
  electron.dialog.showErrorBox('Headscope could not start', error instanceof Error ? error.message : String(error));
  electron.app.exit(1);
});
