/** The field above the map that leads to tokens, cells and text. */
import AxeBuilder from '@axe-core/playwright';
import { expect, idle, test } from '../support/app-test.ts';

test('text is stepped through with Enter, and its rows are marked', async ({ app }) => {
  await app.keyboard.press('j');
  const field = app.getByRole('combobox', { name: 'Go to a token, a cell or text' });
  await expect(field).toBeFocused();
  await app.keyboard.type('they call');
  const options = app.getByRole('listbox', { name: 'Places in the prompt' }).getByRole('option');
  expect(await options.count()).toBeGreaterThan(1);
  const { violations } = await new AxeBuilder({ page: app }).include('.hs-map').setLegacyMode().analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await app.keyboard.press('Enter');
  await idle(app);
  const readout = app.locator('.hs-map__readout');
  await expect(readout).toContainText(/^query \d+ “call”/);
  const first = await readout.innerText();
  await app.keyboard.press('Enter');
  await idle(app);
  expect(await readout.innerText()).not.toBe(first);
  await app.keyboard.press('Shift+Enter');
  await idle(app);
  expect(await readout.innerText()).toBe(first);
});

test('a cell is zoomed to and read', async ({ app }) => {
  const field = app.getByRole('combobox', { name: 'Go to a token, a cell or text' });
  await field.fill('200, 17');
  await field.press('Enter');
  await idle(app);
  await expect(app.locator('.hs-map__readout')).toContainText(/^query 200 .* → key 17 .*rank \d+ of 201 keys/);
  await field.fill('17,200');
  await expect(app.getByText('Key 200 lies in the future of query 17.')).toBeVisible();
});
