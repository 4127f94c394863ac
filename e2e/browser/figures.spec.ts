/** The figure dialog: a preview that is the file, and the ways to keep it. */
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Figure' });
const preview = (page: Page) => dialog(page).getByRole('img', { name: /^Preview/ });

async function saved(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const coming = page.waitForEvent('download');
  await dialog(page).getByRole('button', { name: button }).click();
  const download = await coming;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test('draws what is on screen in the size that is asked for, and saves it', async ({ app }) => {
  await app.keyboard.press('Control+e');
  await expect(preview(app)).toBeVisible();
  await expect(dialog(app).getByText(/^180 × \d+ mm/)).toBeVisible();
  await dialog(app).getByRole('button', { name: '85', exact: true }).click();
  await expect(dialog(app).getByText(/^85 × \d+ mm/)).toBeVisible();

  const png = await saved(app, 'Save PNG');
  expect(png.name).toMatch(/\.png$/);
  expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
  // 85 mm at 300 dots per inch.
  expect(png.bytes.readUInt32BE(16)).toBe(1004);

  await dialog(app).getByRole('radio', { name: 'SVG' }).check();
  const svg = await saved(app, 'Save SVG');
  expect(svg.bytes.toString()).toMatch(/^<\?xml|^<svg/);
  expect(svg.bytes.toString()).toContain('query (row)');

  await dialog(app).getByRole('combobox', { name: 'Figure' }).selectOption('Head atlas');
  await dialog(app).getByRole('radio', { name: 'CSV' }).check();
  const csv = await saved(app, 'Save CSV');
  expect(csv.bytes.toString().trim().split('\n').length).toBeGreaterThan(6);
});

test('gives a script for the clipboard and the numbers that it reads', async ({ app, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await command(app, 'figure.export', 'ranked');
  await expect(preview(app)).toBeVisible();
  const numbers = await saved(app, 'Copy as Python');
  expect(numbers.name).toMatch(/\.npz$/);
  await expect(dialog(app).getByText('The script is on the clipboard')).toBeVisible();
  const script = await app.evaluate(() => navigator.clipboard.readText());
  expect(script).toContain('import numpy');
  expect(script).toContain(numbers.name);
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the dialogs of figures and sessions have no accessibility faults, ${scheme}`, async ({ app }) => {
    await app.emulateMedia({ colorScheme: scheme });
    await command(app, 'figure.export', 'map');
    await expect(preview(app)).toBeVisible();
    expect((await new AxeBuilder({ page: app }).analyze()).violations).toEqual([]);
    await app.keyboard.press('Escape');
    await command(app, 'session.show');
    await idle(app);
    expect((await new AxeBuilder({ page: app }).analyze()).violations).toEqual([]);
  });
}
