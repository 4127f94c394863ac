/** The desktop window with the real Electron, where its runtime and a display exist. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, expect, test } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** As the electron package does it, without its download. */
function findRuntime(): string | undefined {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const pathFile = join(folder, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  const executable = join(folder, 'dist', readFileSync(pathFile, 'utf8'));
  return existsSync(executable) ? executable : undefined;
}

function missing(): string | undefined {
  if (findRuntime() === undefined) return "Electron's runtime is not installed (npm run electron:install).";
  const needsDisplay = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
  return needsDisplay ? 'There is no display for the Electron window.' : undefined;
}

test('opens a sandboxed window whose engine answers', async () => {
  const reason = missing();
  test.skip(reason !== undefined, reason);
  const config = mkdtempSync(join(tmpdir(), 'headscope-e2e-'));
  const app = await _electron.launch({
    executablePath: findRuntime()!,
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root],
    env: { ...process.env, XDG_CONFIG_HOME: config },
  });
  try {
    const page = await app.firstWindow();
    expect(page.url()).toBe('app://headscope/index.html');
    await page.waitForFunction(() => '__headscope' in window);
    await page.evaluate(() => (window as unknown as { __headscope: { idle(): Promise<void> } }).__headscope.idle());
    expect(await page.evaluate(() => 'require' in window || 'process' in window)).toBe(false);
    await expect(page.getByText('Demo', { exact: false }).first()).toBeVisible();
  } finally {
    await app.close();
    rmSync(config, { recursive: true, force: true });
  }
});
