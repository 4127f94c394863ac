import { spawn } from 'node:child_process';
import { findProgram } from './find-program.ts';

/** Opens a page in the system's browser, where there is one. Does not wait for it; says whether it was started. */
export function openBrowser(url: string): boolean {
  if (process.platform === 'win32') return start('cmd', ['/c', 'start', '', url.replaceAll('&', '^&')]);
  const opener =
    process.platform === 'darwin' ? 'open' : findProgram(['xdg-open', 'sensible-browser', 'x-www-browser']);
  return opener !== undefined && start(opener, [url]);
}

function start(program: string, args: readonly string[]): boolean {
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  // Not having a browser is no failure: the address stands in the terminal.
  child.on('error', () => undefined);
  child.unref();
  return true;
}
