import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { findApp, type AppPaths } from '../../files/app-paths.ts';
import type { Console } from '../console.ts';
import { hasDisplay } from '../display.ts';
import { findElectron } from '../electron-runtime.ts';
import { findProgram, isExecutable } from '../find-program.ts';
import { formatTable } from '../table.ts';

export interface Check {
  readonly name: string;
  readonly found: boolean;
  /** Without it Headscope does not run at all; `doctor` then fails. */
  readonly required: boolean;
  readonly detail: string;
  /** What to do where it is missing; empty where nothing needs to be done. */
  readonly advice: string;
}

/** `headscope doctor`: what of its surroundings Headscope finds, and what to do about the rest. */
export async function runDoctor(console: Console): Promise<void> {
  const checks = await collectChecks(findApp());
  console.result({ checks }, () => formatChecks(checks));
  if (checks.some(({ required, found }) => required && !found)) process.exitCode = 1;
}

export function formatChecks(checks: readonly Check[]): string {
  const rows = checks.map(({ name, found, required, detail, advice }) => [
    name,
    found ? 'found' : required ? 'MISSING' : 'not found',
    [detail, found ? '' : advice].filter((part) => part !== '').join('. '),
  ]);
  return formatTable([], rows);
}

export async function collectChecks(app: AppPaths): Promise<Check[]> {
  const electron = findElectron(app.root);
  const chromium = findChromium();
  const compiler = findProgram(['c++', 'g++', 'clang++', 'cl']);
  return [
    { name: 'Node', found: true, required: true, detail: process.versions.node, advice: '' },
    await checkRuntime(),
    check(
      'Built app',
      existsSync(app.engineEntry) && existsSync(app.renderer),
      true,
      join(app.root, 'out'),
      'Run `npm run build`',
    ),
    check(
      'Shipped model',
      existsSync(join(app.shippedModel, 'config.json')),
      false,
      app.shippedModel,
      'Open a folder of your own',
    ),
    await checkAddon(app.addon),
    optional('C++ compiler', compiler, 'Builds the attention addon; Debian: apt install g++'),
    optional('Electron runtime', electron, 'For the desktop window: npm run electron:install'),
    check(
      'Display',
      hasDisplay(),
      false,
      displayDetail(),
      'For the desktop window; the browser version works without: npx headscope serve',
    ),
    optional(
      'Chromium',
      chromium,
      'Only needed by the browser tests; Debian: apt install chromium, or set CHROMIUM_PATH',
    ),
  ];
}

function check(name: string, found: boolean, required: boolean, detail: string, advice: string): Check {
  return { name, found, required, detail: found ? detail : '', advice };
}

function optional(name: string, path: string | undefined, advice: string): Check {
  return { name, found: path !== undefined, required: false, detail: path ?? '', advice };
}

/** Loads ONNX Runtime, which fails where its binary does not fit the machine. */
async function checkRuntime(): Promise<Check> {
  const base = { name: 'ONNX Runtime', required: true };
  try {
    const { supportedProviders } = await import('../../../native/public/index.ts');
    const providers = supportedProviders()
      .map(({ name, bundled }) => (bundled ? name : `${name} (not bundled)`))
      .join(', ');
    return { ...base, found: true, detail: `providers: ${providers}`, advice: '' };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ...base, found: false, detail, advice: 'Run `npm ci` again on this machine' };
  }
}

/** Without the addon attention runs on ONNX Runtime: the same numbers, more slowly. */
async function checkAddon(path: string): Promise<Check> {
  const base = { name: 'Attention addon', required: false };
  // The engine's code does not load where ONNX Runtime is broken; that is said above.
  const engine = await import('../../../native/public/index.ts').catch(() => undefined);
  const addon = engine?.describeAddon(path) ?? { found: false, reason: 'not looked for' };
  if (addon.found) return { ...base, found: true, detail: addon.implementations.join(', '), advice: '' };
  const report = await readFile(join(dirname(path), 'build.txt'), 'utf8').catch(() => '');
  const advice = 'Attention runs on ONNX Runtime. To build it: npm run build:addon';
  return { ...base, found: false, detail: report.trim().replace(/\.$/, '') || addon.reason, advice };
}

function displayDetail(): string {
  return process.env['WAYLAND_DISPLAY'] ?? process.env['DISPLAY'] ?? process.platform;
}

/** Where the browser tests look too: the variable, Playwright's own, the system's. */
function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named && isExecutable(named)) return named;
  return findPlaywrightChromium() ?? findProgram(['chromium', 'chromium-browser', 'google-chrome']);
}

function findPlaywrightChromium(): string | undefined {
  const cache = process.env['PLAYWRIGHT_BROWSERS_PATH'] ?? join(homedir(), '.cache', 'ms-playwright');
  if (!existsSync(cache)) return undefined;
  return readdirSync(cache)
    .filter((name) => /^chromium-\d+$/.test(name))
    .flatMap((name) => ['chrome-linux', 'chrome-linux64'].map((folder) => join(cache, name, folder, 'chrome')))
    .find(isExecutable);
}
