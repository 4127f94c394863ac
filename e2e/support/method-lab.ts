/** The method lab as a person uses it: its tabs, its list of methods, and waiting until a job is done. */
import type { Locator, Page } from '@playwright/test';
import { command, expect, idle } from './app-test.ts';

export const lab = (page: Page): Locator => page.getByRole('region', { name: 'Methods side by side' });

export type LabTabName = 'Compare' | 'Maps' | 'Kept keys' | 'Tasks';

export async function openLab(page: Page, tab: LabTabName): Promise<void> {
  await command(page, 'view.showLab');
  await lab(page)
    .getByRole('tab', { name: new RegExp(`^${tab}`) })
    .click();
  await idle(page);
}

/** Takes off the list what is not wanted of what it begins with. */
export async function keepMethods(page: Page, wanted: readonly RegExp[]): Promise<void> {
  const off = lab(page).getByRole('button', { name: /^Take off the list: / });
  for (let at = 0; at < (await off.count());) {
    const name = (await off.nth(at).getAttribute('aria-label'))!.replace('Take off the list: ', '');
    if (wanted.some((one) => one.test(name))) at++;
    else await off.nth(at).click();
  }
  expect(await off.count()).toBe(wanted.length);
}

export async function setBudgets(page: Page, text: string): Promise<void> {
  await lab(page).getByRole('textbox', { name: 'budgets of all' }).fill(text);
}

/** Clicks, and waits until the job that it begins is done. */
export async function work(page: Page, within: Locator, button: string): Promise<void> {
  await within.getByRole('button', { name: button, exact: true }).click();
  await expect(within.getByRole('button', { name: 'Cancel' })).toHaveCount(0, { timeout: 60_000 });
  await idle(page);
}

export const rows = (page: Page): Locator =>
  lab(page)
    .getByRole('region', { name: /^Methods by budgets/ })
    .locator('tbody tr');

/** StreamingLLM and H2O beside dense attention on the prompt on screen, at two budgets. */
export async function compareTwo(page: Page): Promise<void> {
  await openLab(page, 'Compare');
  await keepMethods(page, [/^Dense/, /^StreamingLLM/, /^H2O/]);
  await setBudgets(page, '25%, 50%');
  await work(page, lab(page), 'Compare');
  await expect(rows(page)).toHaveCount(5);
}
