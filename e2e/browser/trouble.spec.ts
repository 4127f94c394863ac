/** What goes wrong, and that the app stays usable. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { command, expect, idle, test, watchErrors } from '../support/app-test.ts';
import { writeLlama } from '../support/model-folder.ts';
import { startHost, type RunningHost } from '../support/web-host.ts';

const map = (page: Page) => page.getByRole('application', { name: /^Attention of/ });

/** The process id of the engine behind a host. */
function engineOf(host: RunningHost): string {
  const path = `/proc/${host.process.pid!}/task/${host.process.pid!}/children`;
  return readFileSync(path, 'utf8').trim().split(' ')[0]!;
}

test.describe('a long run', () => {
  test.skip(process.platform !== 'linux', 'The engine process is found through /proc.');
  const tokens = 5000;
  async function startLongRun(app: Page, root: string): Promise<void> {
    const folder = join(root, 'slow');
    if (!existsSync(folder)) writeLlama(folder, { layers: 12, heads: 16, headDim: 16, context: 8192 });
    await app.evaluate((path) => window.__headscope.run('model.openFolder', path), folder);
    await idle(app);
    await app
      .getByRole('textbox')
      .first()
      .fill(Array.from({ length: tokens }, (_, i) => i % 64).join(' '));
    await app.getByRole('button', { name: 'Run', exact: true }).first().click();
    await expect(app.getByRole('progressbar').first()).toBeVisible();
    await expect(app.getByRole('button', { name: 'Cancel' }).first()).toBeVisible();
  }

  test('shows progress and is cancelled at once', async ({ app, host }) => {
    await startLongRun(app, host.root);
    await expect(app.getByText(/Layer \d+ of 12/).first()).toBeVisible();
    const engine = engineOf(host);
    const started = performance.now();
    await app.getByRole('button', { name: 'Cancel' }).first().click();
    await idle(app);
    expect(performance.now() - started).toBeLessThan(2000);
    await command(app, 'model.openShipped');
    await expect(map(app)).toBeVisible();
    // It stopped by itself: an engine that does not is replaced after two seconds.
    expect(engineOf(host)).toBe(engine);
  });

  test('survives the death of the engine: the window says so and comes back by itself', async ({ app, host }) => {
    await startLongRun(app, host.root);
    process.kill(Number(engineOf(host)), 'SIGKILL');
    await expect(app.getByText(/The engine stopped/)).toBeVisible();
    // The model is opened and the prompt run again by itself; that may be cancelled like any run.
    await expect(app.getByText(/Layer \d+ of 12/).first()).toBeVisible();
    await app.getByRole('button', { name: 'Cancel' }).first().click();
    await idle(app);
    await command(app, 'model.openShipped');
    await expect(map(app)).toBeVisible();
  });
});

test('the engine is restarted on request, and the view comes back', async ({ app }) => {
  await app.getByRole('gridcell', { name: /^L1H0,/ }).click();
  await idle(app);
  await command(app, 'engine.restart');
  await idle(app);
  await expect(app.getByRole('application', { name: /^Attention of L1H0/ })).toBeVisible();
});

test('a second window is refused and can take over', async ({ app, host, browser }) => {
  const context = await browser.newContext();
  const second = await context.newPage();
  const errors = watchErrors(second);
  await second.goto(host.url);
  await expect(second.getByText('Headscope is open in another window.')).toBeVisible();
  await second.getByRole('button', { name: 'Use it here' }).click();
  await idle(second);
  await expect(map(second)).toBeVisible();
  await expect(app.getByText('Headscope was taken over by another window.')).toBeVisible();
  await app.getByRole('button', { name: 'Use it here' }).click();
  await idle(app);
  await expect(map(app)).toBeVisible();
  await context.close();
  expect(errors).toEqual([]);
});

test('a page without the token gets nothing but the reason', async ({ page, host }) => {
  await page.goto(`http://127.0.0.1:${host.port}/#token=${'x'.repeat(43)}`);
  await expect(page.getByText('This page has no valid access token.')).toBeVisible();
});

test('the host goes away and comes back', async ({ page }) => {
  const own = await startHost();
  await page.goto(own.url);
  await idle(page);
  await own.stop();
  await expect(page.getByText(/does not answer/).first()).toBeVisible();
  await expect(map(page)).toBeVisible();
});

test.describe('bad models', () => {
  const cases: [string, (folder: string) => void, RegExp][] = [
    ['no model folder', () => undefined, /config\.json/],
    [
      'an unsupported architecture',
      (folder) => writeConfig(folder, { architectures: ['MambaForCausalLM'], model_type: 'mamba' }),
      /Mamba/i,
    ],
    ['a truncated weights file', (folder) => truncate(folder), /safetensors|weights/i],
    ['a hostile header', (folder) => hostileHeader(folder), /safetensors|header/i],
  ];
  for (const [what, make, words] of cases) {
    test(`${what} gets a sentence, and the model before stays open`, async ({ app, host }) => {
      const folder = join(host.root, what.replaceAll(' ', '-'));
      mkdirSync(folder, { recursive: true });
      make(folder);
      await command(app, 'model.openFolder', folder);
      await expect(app.getByText(words).first()).toBeVisible();
      await expect(app.getByText(/Still open/)).toBeVisible();
      await expect(map(app)).toBeVisible();
    });
  }

  test('a folder outside the root is refused', async ({ app }) => {
    await command(app, 'model.openFolder', '/etc');
    await expect(app.getByText(/outside/).first()).toBeVisible();
  });
});

test('an empty prompt is refused in place', async ({ app }) => {
  await app.getByRole('radio', { name: 'Edit' }).click();
  await app.getByRole('textbox', { name: 'Prompt text' }).fill('');
  await command(app, 'prompt.run');
  await expect(app.getByText(/empty/i).first()).toBeVisible();
});

test('a prompt past the context limit can be cut', async ({ app }) => {
  await app.getByRole('radio', { name: 'Edit' }).click();
  await app
    .getByRole('textbox', { name: 'Prompt text' })
    .fill('The quick brown fox jumps over the lazy dog. '.repeat(400));
  await command(app, 'prompt.run');
  await app.getByRole('button', { name: /^Cut to/ }).click();
  await idle(app);
  await expect(map(app)).toBeVisible();
});

function writeConfig(folder: string, config: object): void {
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}

function truncate(folder: string): void {
  writeLlama(folder, { layers: 1, heads: 2, headDim: 8, context: 64 });
  const path = join(folder, 'model.safetensors');
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length / 2));
}

function hostileHeader(folder: string): void {
  writeLlama(folder, { layers: 1, heads: 2, headDim: 8, context: 64 });
  const path = join(folder, 'model.safetensors');
  const whole = readFileSync(path);
  whole.writeBigUInt64LE(2n ** 62n);
  writeFileSync(path, whole);
}
