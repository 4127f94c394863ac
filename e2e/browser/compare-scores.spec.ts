/** A result is pinned as B, and another prompt, another ablation and another model are compared with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';
import { writeLlama } from '../support/model-folder.ts';

const panel = (page: Page) => page.getByRole('region', { name: 'Comparison of A and B' });
const grid = (page: Page, side: string) =>
  panel(page).getByRole('grid', { name: new RegExp(`^Heads by .*, ${side},`) });

async function pick(page: Page, score: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Score that A and B have' }).selectOption(score);
  await idle(page);
}

test('two prompts have two atlases, a difference that adds up, a scatter and a list', async ({ app }) => {
  await app.getByRole('button', { name: 'Pin as B' }).click();
  await app.getByRole('combobox', { name: 'Example prompts' }).selectOption({ index: 2 });
  await idle(app);
  await app.getByRole('button', { name: 'A | B' }).click();
  await pick(app, 'entropy');
  const value = async (side: string) => {
    const name = await grid(app, side).locator('[data-head=L2H3]').getAttribute('aria-label');
    return Number(/: ([+−\d.]+) /.exec(name!)![1]!.replace('−', '-'));
  };
  const [a, b, difference] = [await value('A'), await value('B'), await value('A − B')];
  expect(Math.abs(difference)).toBeGreaterThan(0);
  expect(Math.abs(a - b - difference)).toBeLessThan(0.02);
  await expect(panel(app)).toContainText(/Uniform attention gets [\d.]+ in A and [\d.]+ in B/);

  await grid(app, 'A − B').locator('[data-head=L2H3]').click();
  await expect(grid(app, 'B').locator('[aria-selected=true]')).toHaveAttribute('data-head', 'L2H3');
  await app.keyboard.press('ArrowRight');
  await expect(grid(app, 'A').locator('[aria-selected=true]')).toHaveAttribute('data-head', 'L2H4');
  const list = panel(app).getByRole('group', { name: 'Heads by score' });
  await expect(list.getByRole('columnheader', { name: /^\|A − B\|/ })).toHaveAttribute('aria-sort', 'descending');
  await list.getByRole('row').nth(1).click();
  const largest = await list.locator('[aria-selected=true] th').textContent();
  await expect(grid(app, 'A').locator('[aria-selected=true]')).toHaveAttribute('data-head', largest!);

  const saved = app.waitForEvent('download');
  await panel(app).getByRole('button', { name: 'Save as CSV' }).click();
  const lines = readFileSync(await (await saved).path(), 'utf8')
    .trim()
    .split('\n');
  expect(lines.filter((line) => !line.startsWith('#'))).toHaveLength(1 + 6 * 8);
  expect(lines.find((line) => !line.startsWith('#'))).toBe('layer,head,a,b,difference');
});

test('the ablated run is compared with the clean one, and undo goes through pins', async ({ app }) => {
  await app.locator('.hs-heads [data-head=L1H3]').click();
  await app.keyboard.press('p');
  await app.keyboard.press('a');
  await idle(app);
  await command(app, 'view.showScores');
  await pick(app, 'entropy');
  await expect(panel(app)).toContainText('A is the clean run');
  await expect(grid(app, 'A').getByTestId('ablated-L1H3')).toHaveCount(0);
  await app.getByRole('radio', { name: 'Ablated' }).click();
  await idle(app);
  await expect(grid(app, 'A').getByTestId('ablated-L1H3')).toBeVisible();
  await expect(panel(app)).toContainText('L1H3=zero');
  await expect(panel(app)).not.toContainText('A is the clean run');
  // Heads above the ablated one read what it no longer writes; those beside it do not.
  await expect(grid(app, 'A − B').locator('[data-head=L1H4]')).toHaveAttribute('aria-label', /: 0\.0+ nats/);
  await expect(grid(app, 'A − B').locator('[data-head^=L2][aria-label*="+"]')).not.toHaveCount(0);
  await expect(grid(app, 'B').getByTestId('ablated-L1H3')).toHaveCount(0);
  await app.keyboard.press('Shift+P');
  await expect(panel(app)).toHaveCount(0);
  await app.getByRole('button', { name: 'Undo' }).click();
  await expect(panel(app)).toBeVisible();
});

test('a model of another shape stands beside B without a difference', async ({ app, host }) => {
  await command(app, 'scores.pin');
  const folder = join(host.root, 'other-shape');
  writeLlama(folder, { layers: 2, heads: 4, headDim: 8, context: 256 });
  await command(app, 'model.openFolder', folder);
  await app.getByRole('textbox').first().fill('1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8');
  await app.getByRole('button', { name: 'Run', exact: true }).first().click();
  await idle(app);
  await command(app, 'view.showScores');
  await pick(app, 'entropy');
  await expect(panel(app)).toContainText(
    'There is no difference: A has 2 layers of 4 heads, B has 6 layers of 8 heads',
  );
  await expect(panel(app).getByRole('grid')).toHaveCount(2);
  await command(app, 'model.openShipped');
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the comparison has no accessibility faults, ${scheme}`, async ({ page, host }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(host.url);
    await idle(page);
    await command(page, 'scores.pin');
    await page.getByRole('combobox', { name: 'Example prompts' }).selectOption({ index: 3 });
    await idle(page);
    await command(page, 'view.showScores');
    await pick(page, 'entropy');
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe(scheme);
    const { violations } = await new AxeBuilder({ page })
      .include('.hs-centre-panel')
      .setLegacyMode()
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
      .analyze();
    expect(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))).toEqual([]);
  });
}
