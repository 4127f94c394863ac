import { spawn } from 'node:child_process';
import { findApp } from '../../files/app-paths.ts';
import type { Console } from '../console.ts';
import { hasDisplay } from '../display.ts';
import { findElectron, installElectron } from '../electron-runtime.ts';
import { runServe } from './serve.ts';

/** A window that closes so soon with an error never opened. */
const STARTUP_MS = 5000;

/** `headscope start`: the desktop window, or the browser where that cannot be had, with the reason in one line. */
export async function runStart(console: Console, options: { readonly port: number }): Promise<void> {
  const reason = hasDisplay() ? await openWindow(console) : 'There is no display';
  if (reason === undefined) return;
  console.note(`${reason}: serving the browser version instead.`);
  await runServe(console, { port: options.port, host: '127.0.0.1', open: hasDisplay() });
}

/** Undefined once the window was open and has been closed; else why it could not open. */
async function openWindow(console: Console): Promise<string | undefined> {
  const { root } = findApp();
  let executable = findElectron(root);
  if (executable === undefined) {
    try {
      executable = await fetchRuntime(console, root);
    } catch (error) {
      return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
    }
  }
  return runElectron(console, executable, root);
}

/** Fetches the runtime with progress on standard error. */
export async function fetchRuntime(console: Console, root: string): Promise<string> {
  console.note("Fetching Electron's runtime, once.");
  return installElectron(root, (done, total) => {
    console.progress({
      phase: `${Math.round(done / 2 ** 20)} of ${Math.round(total / 2 ** 20)} MiB`,
      done,
      total,
      etaMs: null,
    });
  });
}

function runElectron(console: Console, executable: string, root: string): Promise<string | undefined> {
  const started = performance.now();
  const isRoot = process.getuid?.() === 0;
  if (isRoot) console.note('Running as root: Chromium works only without its sandbox then.');
  const child = spawn(executable, [...(isRoot ? ['--no-sandbox'] : []), root], { stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward);
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`Electron could not be started (${error.message})`));
    child.on('exit', (code, signal) => {
      const failed = code !== 0 && signal !== 'SIGINT' && signal !== 'SIGTERM';
      if (failed && performance.now() - started < STARTUP_MS)
        resolve(`The window could not be opened (${signal ?? `exit code ${code ?? ''}`})`);
      else resolve(undefined);
    });
  });
}
