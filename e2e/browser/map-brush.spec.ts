/** A rectangle on the map, read in numbers. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, idle, test } from '../support/app-test.ts';

const stage = (page: Page) => page.getByRole('application', { name: /^Attention of/ });
const panel = (page: Page) => page.getByRole('complementary', { name: /^Selection on/ });

async function drag(page: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  const box = (await page.locator('.hs-map__canvas').first().boundingBox())!;
  await page.mouse.move(box.x + from[0], box.y + from[1]);
  await page.mouse.down();
  await page.mouse.move(box.x + to[0], box.y + to[1], { steps: 3 });
  await page.mouse.up();
  await idle(page);
}

test('Shift and drag reads a rectangle, a cell of it can be gone to, Esc clears it', async ({ app }) => {
  await app.keyboard.down('Shift');
  await drag(app, [130, 300], [200, 380]);
  await app.keyboard.up('Shift');
  await expect(panel(app)).toContainText(/queries\d+–\d+, \d+ tokens/);
  await expect(panel(app)).toContainText(/visible cells[\d,]+ of [\d,]+/);
  await expect(panel(app).getByRole('listitem')).toHaveCount(24);
  const cell = panel(app).getByRole('listitem').first();
  const [, query, key] = /([\d,]+) “.*” → ([\d,]+) “/.exec(await cell.innerText())!;
  await cell.getByRole('button').click();
  await idle(app);
  await expect(app.locator('.hs-map__readout')).toContainText(new RegExp(`^query ${query} .* → key ${key} `));
  const { violations } = await new AxeBuilder({ page: app }).include('.hs-map').setLegacyMode().analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await app.keyboard.press('Escape');
  await expect(panel(app)).toHaveCount(0);
});

test('the button brushes without Shift, and what lies in the future is said to', async ({ app }) => {
  await app.keyboard.press('b');
  await expect(app.getByRole('button', { name: 'brush' })).toHaveAttribute('aria-pressed', 'true');
  await drag(app, [300, 140], [340, 170]);
  await expect(panel(app)).toContainText('No cell here can be seen');
  await panel(app).getByRole('button', { name: 'clear' }).click();
  await expect(panel(app)).toHaveCount(0);
  await app.getByRole('button', { name: 'brush' }).click();
  await stage(app).press('ArrowDown');
  await app.keyboard.press('b');
  await app.keyboard.press('ArrowRight');
  await idle(app);
  await expect(panel(app)).toContainText(/visible cells2 of 2|visible cells\d+ of \d+/);
});
