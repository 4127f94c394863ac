/** Several heads side by side, and the difference of two. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

const maps = (page: Page) => page.getByRole('region', { name: /^Map of/ });

test('heads are put side by side, move together, are subtracted, and come back after a reload', async ({ app }) => {
  await app.getByRole('gridcell', { name: /^L1H3,/ }).click();
  await app.getByRole('button', { name: 'compare' }).click();
  await expect(maps(app)).toHaveCount(1);
  await app.getByRole('gridcell', { name: /^L1H2,/ }).click();
  await app.getByTestId('map').getByRole('button', { name: 'add L1H2' }).click();
  await app.getByRole('gridcell', { name: /^L0H4,/ }).click();
  await app.keyboard.press('v');
  await idle(app);
  await expect(maps(app)).toHaveCount(3);

  await app.getByRole('combobox', { name: 'Difference of' }).selectOption('L1H3');
  await idle(app);
  const difference = app.getByRole('region', { name: 'Map of L1H3 − L1H2' });
  await expect(difference.getByRole('img', { name: /^Colour scale: Δp, −(0\.\d+|1) to (0\.\d+|1)$/ })).toBeVisible();
  const box = (await maps(app).first().locator('canvas').first().boundingBox())!;
  await app.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.7);
  await idle(app);
  await expect(difference).toContainText(/Δp = /);
  await expect(maps(app).nth(1)).toContainText(/p = /);
  const heading = app.getByRole('heading', { name: /^Compare/ });
  await expect(heading).toContainText(/max of \d+×\d+/);
  for (let notch = 0; notch < 8; notch++) await app.mouse.wheel(0, -400);
  await idle(app);
  await expect(heading).not.toContainText(/max of/);

  await app.reload();
  await idle(app);
  await expect(maps(app)).toHaveCount(4);
  await expect(difference).toBeVisible();
  const { violations } = await new AxeBuilder({ page: app }).include('.hs-map').setLegacyMode().analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await app.getByRole('button', { name: 'Remove L1H2' }).click();
  await expect(maps(app)).toHaveCount(2);
  await app.getByRole('button', { name: 'Undo' }).click();
  await expect(maps(app)).toHaveCount(4);
  await command(app, 'map.endComparison');
  await expect(app.getByRole('application', { name: /^Attention of L\d+H\d+, / })).toHaveCount(1);
});

test('the ablated run is subtracted from the clean one', async ({ app }) => {
  await app.getByRole('gridcell', { name: /^L3H0,/ }).click();
  await app.keyboard.press('v');
  await app.getByRole('combobox', { name: 'Difference of' }).selectOption('L3H0');
  await expect(app.getByText(/There is no ablated run to subtract from/)).toBeVisible();
  await app.getByRole('gridcell', { name: /^L1H3,/ }).click();
  await app.keyboard.press('a');
  await idle(app);
  const difference = app.getByRole('region', { name: 'Map of L3H0, ablated − clean' });
  await expect(difference).toBeVisible();
  await expect(difference).toHaveAttribute('aria-busy', 'false');
  await expect(difference.getByRole('alert')).toHaveCount(0);
});
