import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

for (const scheme of ['light', 'dark'] as const) {
  test(`the main window has no accessibility faults, ${scheme}`, async ({ page, host }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(host.url);
    await idle(page);
    if ((await page.evaluate(() => document.documentElement.dataset['theme'])) !== scheme) {
      await command(page, 'view.toggleTheme');
    }
    await page.getByRole('gridcell', { name: /^L0H0,/ }).click();
    await page.keyboard.press('a');
    await idle(page);
    expect(await faults(page)).toEqual([]);
  });
}

test('the list of keys has no accessibility faults', async ({ app }) => {
  await command(app, 'help.showKeys');
  expect(await faults(app, '[role=dialog], dialog')).toEqual([]);
});

async function faults(page: Page, within = 'body'): Promise<string[]> {
  // Legacy mode scans in this page; the other one needs a second, which the policy of the host refuses.
  const { violations } = await new AxeBuilder({ page })
    .include(within)
    .setLegacyMode()
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
    .analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
