/** The atlas with small maps in its cells. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

const heads = (page: Page) => page.getByRole('region', { name: 'Heads', exact: true });
const canvas = (page: Page) => heads(page).locator('canvas');

test('cells show the map of their head, and the rest of the atlas stays as it was', async ({ app }) => {
  const names = () => app.getByRole('gridcell').evaluateAll((cells) => cells.map((cell) => cell.ariaLabel));
  const before = await names();
  await expect(canvas(app)).toHaveCount(0);
  await heads(app).getByRole('radio', { name: 'maps' }).check();
  await idle(app);
  await expect(canvas(app)).toHaveCount(1);
  expect(await names()).toEqual(before);
  // Many colours, and none above the diagonal of a cell.
  const seen = await pixelsOf(app);
  expect(seen.colours).toBeGreaterThan(50);
  expect(seen.above).toBe(1);

  await expect(heads(app).getByRole('img', { name: /^Colour scale: probability, max of about/ })).toBeVisible();
  await app.getByRole('gridcell', { name: /^L2H5,/ }).hover();
  await expect(heads(app)).toContainText(/L2H5, L2KV2: .*rank \d+ of \d+/);
  await expect(heads(app)).toContainText(/Largest p in this map 1\.00, right of its first column/);

  await app.getByRole('gridcell', { name: /^L1H1,/ }).click();
  await app.keyboard.press('ArrowRight');
  await app.keyboard.press('a');
  await idle(app);
  await expect(app.getByRole('application', { name: /^Attention of L1H2/ })).toBeVisible();
  await expect(app.getByRole('gridcell', { name: /^L1H2,.*ablated/ })).toBeVisible();
});

test('the choice is a key and a command, and outlives the page', async ({ app }) => {
  await app.keyboard.press('m');
  await idle(app);
  await expect(canvas(app)).toHaveCount(1);
  await app.reload();
  await idle(app);
  await expect(canvas(app)).toHaveCount(1);
  await app.keyboard.press('Control+k');
  await app.keyboard.type('small maps');
  await app.keyboard.press('Enter');
  await idle(app);
  await expect(canvas(app)).toHaveCount(0);
});

for (const scheme of ['light', 'dark'] as const) {
  test(`small maps have no accessibility faults, ${scheme}`, async ({ page, host }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(host.url);
    await idle(page);
    await command(page, 'atlas.toggleMaps');
    await page.getByRole('gridcell', { name: /^L0H1,/ }).click();
    await page.keyboard.press('a');
    await idle(page);
    const { violations } = await new AxeBuilder({ page })
      .include('.hs-heads')
      .setLegacyMode()
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
      .analyze();
    expect(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))).toEqual([]);
  });
}

/** Colours in the first cell, and those well above its diagonal. */
async function pixelsOf(page: Page): Promise<{ colours: number; above: number }> {
  return canvas(page).evaluate((element: HTMLCanvasElement) => {
    const context = element.getContext('2d')!;
    const count = (x: number, y: number, width: number, height: number) =>
      new Set(new Uint32Array(context.getImageData(x, y, width, height).data.buffer)).size;
    return { colours: count(0, 0, 32, 32), above: count(20, 0, 12, 12) };
  });
}
