import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';
import { compareTwo, lab, openLab, rows, setBudgets, work } from '../support/method-lab.ts';

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

for (const scheme of ['light', 'dark'] as const) {
  test(`the method lab and the decode view have no accessibility faults, ${scheme}`, async ({ app }) => {
    test.setTimeout(120_000);
    await app.setViewportSize({ width: 1280, height: 800 });
    await app.emulateMedia({ colorScheme: scheme });
    const found: Record<string, readonly string[]> = {};
    const look = async (name: string) => {
      found[name] = await faults(app, '.hs-effects');
    };
    await openLab(app, 'Compare');
    await look('before anything was compared');
    await compareTwo(app);
    // A reason in a row, and a form that is open.
    await setBudgets(app, '3, 50%');
    await lab(app).getByRole('button', { name: 'H2O (heavy hitters)', exact: true }).first().click();
    await work(app, lab(app), 'Compare');
    await expect(rows(app).filter({ hasText: 'A budget of 3 keys' })).not.toHaveCount(0);
    await look('Compare');
    await rows(app).last().locator('td').nth(2).click();
    await openLab(app, 'Maps');
    await look('Maps');
    await openLab(app, 'Kept keys');
    await lab(app)
      .getByRole('application', { name: /^Tokens at the query/ })
      .press('ArrowRight');
    await idle(app);
    await look('Kept keys');
    await openLab(app, 'Tasks');
    await look('before a task');
    await setBudgets(app, '25%');
    await lab(app).getByRole('textbox', { name: 'lengths' }).fill('128');
    await lab(app).getByRole('textbox', { name: 'samples' }).fill('1');
    await work(app, lab(app), 'Measure');
    await look('Tasks');
    await command(app, 'view.showDecode');
    await look('before a text');
    const decode = app.getByRole('region', { name: 'Generated tokens step by step' });
    await decode.getByRole('textbox', { name: 'tokens', exact: true }).fill('4');
    await work(app, decode, 'Generate under the method');
    await decode.getByRole('application', { name: /^Tokens at the query/ }).press('ArrowRight');
    await idle(app);
    await look('Decode');
    expect(Object.entries(found).filter(([, of]) => of.length > 0)).toEqual([]);
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
