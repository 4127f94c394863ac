import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../shared/base/app-error.ts';
import type { Environment } from '../files/user-folders.ts';

/** How long a download may stand still before it is given up. */
const NO_ANSWER_MS = 10_000;

/** The folder of the electron package; undefined where it is not installed. */
export function electronPackage(root: string): string | undefined {
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve('electron/package.json'));
  } catch {
    return undefined;
  }
}

/** The Electron executable, if its runtime has been fetched; found as the electron package itself finds it. */
export function findElectron(root: string, environment: Environment = process.env): string | undefined {
  const folder = electronPackage(root);
  if (folder === undefined || !existsSync(join(folder, 'path.txt'))) return undefined;
  const dist = environment['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist');
  const executable = join(dist, readFileSync(join(folder, 'path.txt'), 'utf8'));
  return existsSync(executable) ? executable : undefined;
}

/** The part of `@electron/get` that is used. */
interface ElectronGet {
  readonly downloadArtifact: (options: {
    version: string;
    artifactName: 'electron';
    platform: string;
    arch: string;
    cacheRoot?: string;
    checksums: unknown;
    downloadOptions: {
      quiet: boolean;
      signal: AbortSignal;
      getProgressCallback: (progress: { transferred: number; total: number | null }) => Promise<void>;
    };
  }) => Promise<string>;
}

/**
 * Fetches Electron's runtime once: downloads it into Electron's own cache with progress, then lets the package's
 * install script unpack it from there. Gives up when nothing arrives for ten seconds.
 */
export async function installElectron(
  root: string,
  onProgress: (done: number, total: number) => void,
  noAnswerMs = NO_ANSWER_MS,
): Promise<string> {
  const folder = electronPackage(root);
  if (folder === undefined) {
    throw new AppError('io', 'The electron package is not installed.', {
      hint: 'Run `npm ci` in the folder of Headscope.',
    });
  }
  await download(folder, onProgress, noAnswerMs);
  await unpack(folder);
  const executable = findElectron(root);
  if (executable === undefined)
    throw new AppError('io', 'Electron was fetched, but its program is not where it should be.');
  return executable;
}

async function download(folder: string, onProgress: (done: number, total: number) => void, noAnswerMs: number) {
  // Behind a proxy the downloader only uses it when told so.
  if (process.env['HTTPS_PROXY'] ?? process.env['https_proxy']) process.env['ELECTRON_GET_USE_PROXY'] ??= '1';
  const require = createRequire(join(folder, 'package.json'));
  const { version } = require('./package.json') as { version: string };
  const cacheRoot = process.env['electron_config_cache'];
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  let timer = setTimeout(giveUp, noAnswerMs);
  try {
    const { downloadArtifact } = (await import(pathToFileURL(require.resolve('@electron/get')).href)) as ElectronGet;
    await downloadArtifact({
      version,
      artifactName: 'electron',
      platform: process.platform,
      arch: process.arch,
      // As the package's own script reads it, or that would not find what was fetched.
      ...(cacheRoot === undefined ? {} : { cacheRoot }),
      checksums: require('./checksums.json'),
      downloadOptions: {
        quiet: true,
        signal: controller.signal,
        getProgressCallback: ({ transferred, total }) => {
          clearTimeout(timer);
          timer = setTimeout(giveUp, noAnswerMs);
          onProgress(transferred, total ?? 0);
          return Promise.resolve();
        },
      },
    });
  } catch (cause) {
    throw downloadError(cause, controller.signal.aborted, noAnswerMs);
  } finally {
    clearTimeout(timer);
  }
}

function downloadError(cause: unknown, timedOut: boolean, noAnswerMs: number): AppError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = timedOut
    ? `no answer within ${Math.round(noAnswerMs / 1000)} seconds`
    : inner instanceof Error
      ? inner.message
      : String(inner);
  return new AppError('io', `Electron's runtime could not be fetched: ${reason}.`, {
    hint: 'Try `npm run electron:install` later, or use the browser: `npx headscope serve --open`.',
    cause,
  });
}

/** The package's own script unpacks what it finds in the cache and writes where it is. */
function unpack(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], { stdio: ['ignore', 2, 2] });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new AppError('io', `Electron's runtime could not be unpacked (exit code ${code ?? 'unknown'}).`));
    });
  });
}
