/** The list of interventions, scenarios beside each other, and before and after side by side. */
import { expect, idle, test } from '../support/app-test.ts';
import type { Page } from '@playwright/test';

const panel = (app: Page) => app.getByRole('tabpanel', { name: 'Interventions' });

async function add(app: Page, entry: string): Promise<void> {
  await app.getByRole('textbox', { name: /^New entry/ }).fill(entry);
  await app.getByRole('button', { name: 'Add', exact: true }).click();
  await idle(app);
}

/** Mean KL of A and, where there is one, of B. */
async function divergence(app: Page): Promise<readonly number[]> {
  const cells = panel(app)
    .getByRole('row', { name: /^KL\(clean ‖ ablated\), mean of all/ })
    .getByRole('cell');
  return (await cells.allTextContents()).map((text) => Number(text.replace('−', '-')));
}

test('entries are typed, switched off, ordered by key, taken out as text and undone', async ({ app }) => {
  await add(app, 'L1H2=scale:0.5');
  await add(app, 'L2=zero');
  const both = (await divergence(app))[0]!;
  expect(both).toBeGreaterThan(0);
  await app.getByRole('checkbox', { name: /^L2 Zero/ }).click();
  await idle(app);
  expect((await divergence(app))[0]).not.toBe(both);
  await app.getByRole('button', { name: /^Move L2,/ }).focus();
  await app.keyboard.press('Alt+ArrowUp');
  await app.getByRole('button', { name: 'As text' }).click();
  const text = app.getByRole('textbox', { name: /^One entry a line/ });
  await expect(text).toHaveValue('off L2=zero\nL1H2=scale:0.5');
  await text.fill('L9H9');
  await expect(app.getByRole('alert')).toContainText('no L9H9');
  await text.fill('L0H0=zero');
  await app.getByRole('button', { name: 'Replace the list' }).click();
  await idle(app);
  await expect(app.getByRole('gridcell', { name: /ablated/ })).toHaveCount(1);
  await app.getByRole('button', { name: 'Undo' }).click();
  await idle(app);
  await expect(panel(app).getByRole('listitem')).toHaveCount(2);
});

test('two scenarios are compared in numbers, next tokens and maps', async ({ app }) => {
  await app.getByRole('gridcell', { name: /^L1H2,/ }).click();
  await add(app, 'L1H2=zero');
  await app.getByRole('button', { name: 'Duplicate', exact: true }).click();
  await add(app, 'L3=scale:0.5');
  await app.getByRole('combobox', { name: /compared with/ }).selectOption({ label: 'Scenario 1 (1)' });
  await idle(app);
  const [a, b, between] = await divergence(app);
  expect(a).not.toBe(b);
  expect(between).toBeGreaterThan(0);
  const next = app.getByRole('region', { name: 'Candidates for the next token' });
  await expect(next.getByRole('columnheader', { name: 'B', exact: true })).toBeVisible();
  await app.getByRole('radio', { name: 'Both' }).click();
  await idle(app);
  for (const title of ['L1H2 clean', 'L1H2 ablated, A', 'L1H2 ablated, B', 'L1H2, A − clean']) {
    await expect(app.getByRole('region', { name: `Map of ${title}` })).toBeVisible();
  }
  await expect(app.getByRole('grid', { name: /Ablated − clean/ })).toBeVisible();
  await app.getByRole('button', { name: 'Swap A and B' }).click();
  await idle(app);
  expect((await divergence(app)).slice(0, 2)).toEqual([b, a]);
});

test('a frozen final norm gives other numbers, and a head is compared by the logits of two tokens', async ({ app }) => {
  await add(app, 'L2=zero');
  const recomputed = await divergence(app);
  await app.getByRole('radio', { name: 'frozen' }).click();
  await idle(app);
  expect(await divergence(app)).not.toEqual(recomputed);
  const logits = panel(app).getByRole('row', { name: /Token whose logit is read|clean [+−]/ });
  await expect(logits).toContainText(/clean [+−]\d/);
  await expect(logits).toContainText(/Δ [+−]?\d/);
});
