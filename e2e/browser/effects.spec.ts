/** What changing heads does, on the shipped model: sweeps, a greedy set, controls, accuracy, patching. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

const panel = (page: Page) => page.getByRole('region', { name: 'What changing heads does' });

async function open(page: Page, tab: string): Promise<void> {
  await command(page, 'view.showEffects');
  await panel(page).getByRole('tab', { name: tab }).click();
}

async function ask(page: Page, name: string | RegExp): Promise<void> {
  await panel(page).getByRole('button', { name, exact: true }).click();
  await expect(panel(page).getByRole('button', { name: 'Cancel' })).toHaveCount(0, { timeout: 60_000 });
  await idle(page);
}

test('a sweep ranks every head on the atlas, and the rest again on top of an ablation', async ({ app }) => {
  await open(app, 'Sweep');
  await ask(app, 'Run the sweep');
  await expect(panel(app)).toContainText(/48 forwards in .* FLOP bound 1\.\d+ ×/);
  const cell = app.locator('.hs-heads [data-head=L0H6]');
  await expect(cell).toHaveAttribute('aria-label', /0\.\d+ nats/);

  await command(app, 'head.toggleAblation', 'L0H6');
  await panel(app).getByText('the interventions', { exact: true }).click();
  await ask(app, 'Run the sweep');
  await expect(panel(app)).toContainText('on top of L0H6=zero');
  await command(app, 'view.showScores');
  await expect(app.getByRole('button', { name: /^Score of atlas and histogram: .*Sweep: zero/ })).toBeVisible();
  await expect(app.locator('.hs-heads [data-head=L0H6]')).toHaveAttribute('aria-label', /0\.0+ nats/);
});

test('a greedy set is put into the interventions and held against random sets', async ({ app }) => {
  await open(app, 'Greedy');
  await panel(app).getByRole('textbox', { name: 'take' }).fill('2');
  await ask(app, 'Search');
  const order = panel(app).getByRole('list', { name: 'In the order in which they were taken' });
  const names = (await order.getByRole('button').allTextContents()).map((text) => /L\dH\d/.exec(text)![0]);
  expect(names).toHaveLength(2);
  await panel(app).getByRole('button', { name: 'Ablate these' }).click();
  await idle(app);
  for (const name of names) await expect(app.getByTestId(`ablated-${name}`).first()).toBeVisible();

  await open(app, 'Random');
  await ask(app, 'Compare with random sets');
  await expect(panel(app).getByRole('img', { name: 'The set beside 20 random sets, by measure' })).toBeVisible();
  await expect(panel(app)).toContainText('over 100% of draws');
});

test('values of an edited copy of the prompt are patched both ways', async ({ app }) => {
  await open(app, 'Patching');
  const copy = panel(app).getByRole('textbox', { name: /^Corrupted prompt/ });
  await copy.fill((await copy.inputValue()).replace('copper', 'silver'));
  await expect(panel(app).getByText(/without a partner\. Upper line clean/)).toBeVisible();
  await ask(app, 'Patch');
  const denoise = panel(app).getByRole('img', { name: /^Denoise: clean into corrupted: recovery/ });
  await denoise.focus();
  for (const key of ['ArrowDown', 'ArrowRight', 'Enter']) await app.keyboard.press(key);
  await expect(panel(app).getByRole('region', { name: 'Denoise: clean into corrupted' })).toContainText(
    /recovery [−\d.e]+/,
  );
  await expect(panel(app).getByRole('img', { name: /^Noise: corrupted into clean/ })).toBeVisible();
});

test('accuracy falls with the heads that a score ranks first; the curve is drawn', async ({ app }) => {
  test.setTimeout(120_000);
  await open(app, 'Accuracy');
  await panel(app).getByRole('textbox', { name: 'samples' }).fill('4');
  await panel(app).getByRole('textbox', { name: 'lengths' }).fill('128');
  await panel(app).getByRole('textbox', { name: 'heads' }).fill('4');
  await panel(app).getByRole('textbox', { name: 'random draws' }).fill('3');
  await panel(app).getByRole('combobox', { name: 'ranking by' }).selectOption('copy');
  await ask(app, 'Measure accuracy');
  const plot = panel(app).getByRole('img', { name: /^Task accuracy/ });
  await plot.focus();
  for (const key of ['ArrowRight', 'ArrowRight']) await app.keyboard.press(key);
  await expect(panel(app)).toContainText(/heads changed \(zero\) 4: 0\.\d+ \(/);

  await panel(app).getByRole('button', { name: 'Figure…' }).click();
  await expect(app.getByRole('img', { name: 'Preview: Task accuracy against heads changed' })).toBeVisible();
  const saved = app.waitForEvent('download');
  await app.getByRole('button', { name: 'Save PNG' }).click();
  expect((await saved).suggestedFilename()).toMatch(/\.png$/);
  await app.keyboard.press('Escape');
  const results = await new AxeBuilder({ page: app }).include('.hs-effects').analyze();
  expect(results.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
});
