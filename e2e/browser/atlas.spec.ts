/** The atlas, its table, the plots of scores and probe sets: one selection, one hover, one filter. */
import AxeBuilder from '@axe-core/playwright';
import { command, expect, idle, test } from '../support/app-test.ts';

test('a score is found by name, explained, and then shown by atlas, list and histogram', async ({ app }) => {
  await app.getByRole('button', { name: /^Score of the atlas/ }).click();
  const dialog = app.getByRole('dialog', { name: 'Score of the atlas' });
  await app.keyboard.type('streaming deviation');
  await expect(dialog.getByRole('heading', { name: 'Streaming deviation' })).toBeVisible();
  await expect(dialog.getByText('Layer-local deviation under the mask of DuoAttention')).toBeVisible();
  await expect(dialog.getByText('layer-local', { exact: true })).toBeVisible();
  await app.keyboard.press('Enter');
  await idle(app);
  await expect(dialog).toHaveCount(0);
  await expect(app.getByRole('grid', { name: /Streaming deviation/ })).toBeVisible();
  await expect(app.getByRole('columnheader', { name: /streaming/ })).toHaveAttribute('aria-sort', 'descending');
  await command(app, 'view.showScores');
  await expect(app.getByRole('img', { name: /How many heads have which Streaming deviation/ })).toBeVisible();
});

test('a score is computed anew with other parameters', async ({ app }) => {
  await app.getByRole('button', { name: /^Score of the atlas/ }).click();
  await app.keyboard.type('streaming deviation');
  const field = app.getByRole('textbox', { name: 'Window' });
  await field.fill('24');
  await field.press('Enter');
  await idle(app);
  await expect(app.getByText(/Window 24/)).toBeVisible();
});

test('scores of the weights are computed on demand, and those that cost forwards too', async ({ app }) => {
  await app.getByRole('button', { name: /^Score of the atlas/ }).click();
  await app.keyboard.type('weights copying');
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Compute those of the weights' }).click();
  await idle(app);
  await expect(dialog.getByRole('button', { name: 'Show' })).toBeVisible();
  const field = app.getByRole('combobox', { name: 'Find a score' });
  await field.fill('streaming, end to end');
  await dialog.getByRole('button', { name: 'Compute', exact: true }).click();
  await idle(app);
  await dialog.getByRole('button', { name: 'Show' }).click();
  await expect(app.getByRole('grid', { name: /Streaming, end to end/ })).toBeVisible();
});

test('threshold and kinds narrow the list, and undo widens it again', async ({ app }) => {
  const list = app.getByRole('group', { name: 'Heads by score' });
  const count = app.locator('.hs-filter__count');
  await expect(count).toHaveText('48 of 48');
  const slider = app.getByRole('slider', { name: /^Least / });
  await slider.fill('0.8');
  await idle(app);
  await expect(count).toHaveText(/^[1-9] of 48$/);
  const shown = Number.parseInt((await count.textContent()) ?? '', 10);
  await expect(list.locator('tbody tr')).toHaveCount(shown);
  await command(app, 'edit.undo');
  await expect(count).toHaveText('48 of 48');
  await app.getByRole('button', { name: 'Filter', exact: true }).click();
  const kind = app.getByRole('group', { name: 'Kinds' }).locator('button:not(:disabled)').first();
  const having = Number.parseInt(/\d+$/.exec((await kind.textContent()) ?? '')?.[0] ?? '', 10);
  await kind.click();
  await expect(count).toHaveText(`${having} of 48`);
  await app.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(count).toHaveText('48 of 48');
});

test('a rectangle in the scatter becomes the filter; hover and selection are shared', async ({ app }) => {
  await command(app, 'view.showScores');
  const scatter = app.getByRole('img', { name: /across, .* up/ });
  const box = (await scatter.boundingBox())!;
  await app.mouse.move(box.x + box.width * 0.2, box.y + 4);
  await app.mouse.down();
  await app.mouse.move(box.x + box.width - 4, box.y + box.height * 0.7, { steps: 4 });
  await app.mouse.up();
  await idle(app);
  const count = app.locator('.hs-filter__count');
  await expect(count).toHaveText(/^[1-9]\d? of 48$/);
  await expect(count).not.toHaveText('48 of 48');
  await expect(app.locator('.hs-atlas__veil rect')).not.toHaveCount(0);

  const row = app.getByRole('group', { name: 'Heads by score' }).locator('tbody tr').first();
  const name = (await row.locator('th').textContent())!;
  await row.hover();
  await expect(app.locator('.hs-plot__name')).toHaveText(name);
  await row.click();
  await expect(app.getByRole('gridcell', { name: new RegExp(`^${name},`) })).toHaveAttribute('aria-selected', 'true');
  await app.getByRole('button', { name: 'Clear the rectangle' }).click();
  await expect(count).toHaveText('48 of 48');
});

test('cells show several scores as bars', async ({ app }) => {
  await app.getByRole('radio', { name: 'bars' }).check({ force: true });
  await idle(app);
  await expect(app.getByRole('list', { name: 'Bars in the cells' }).getByRole('listitem')).toHaveCount(3);
  await expect(app.locator('rect.hs-atlas__bar--0')).not.toHaveCount(0);
});

test('a probe set becomes an origin of scores with its interval', async ({ app }) => {
  await command(app, 'scores.runProbe');
  const dialog = app.getByRole('dialog', { name: 'Scores over a probe set' });
  await dialog.getByLabel('Prompts', { exact: true }).fill('3');
  await dialog.getByRole('checkbox', { name: 'Induction', exact: true }).check();
  await dialog.getByRole('button', { name: 'Run' }).click();
  await idle(app);
  await app.keyboard.type('induction 3 prompts');
  await app.keyboard.press('Enter');
  await idle(app);
  await expect(app.getByRole('columnheader', { name: /induction .*mean of 3/ })).toBeVisible();
  await expect(app.locator('.hs-ranked__interval').first()).toBeVisible();
  // A figure of scores that are in no run carries them along.
  await app.getByRole('button', { name: 'Save as CSV or figure…' }).click();
  await idle(app);
  await expect(app.getByRole('img', { name: 'Preview: Heads by score' })).toBeVisible();
});

test('a file of gates is imported beside our scores, and one of another shape refused', async ({ app }) => {
  await app.getByRole('button', { name: /^Score of the atlas/ }).click();
  const file = app.getByLabel('File of head scores');
  const rows = (count: number) =>
    Array.from({ length: count }, (_, row) => [row / 10, 1, 0.5, 0].join('\t')).join('\n');
  await file.setInputFiles({ name: 'gates.tsv', mimeType: 'text/plain', buffer: Buffer.from(rows(5)) });
  await expect(app.getByRole('alert')).toContainText('5 layers x 4 KV heads');
  await file.setInputFiles({ name: 'gates.tsv', mimeType: 'text/plain', buffer: Buffer.from(rows(6)) });
  await app.getByRole('dialog').getByRole('button', { name: 'Show' }).click();
  await idle(app);
  await expect(app.getByRole('grid', { name: /DuoAttention gate/ })).toBeVisible();
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the scores and their dialogs have no accessibility faults, ${scheme}`, async ({ page, host }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(host.url);
    await idle(page);
    const faults = async () => {
      // Legacy mode scans in this page; the other one needs a second, which the policy of the host refuses.
      const builder = new AxeBuilder({ page }).setLegacyMode().withTags(['wcag2a', 'wcag2aa', 'wcag21aa']);
      const { violations } = await builder.analyze();
      return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
    };
    await command(page, 'view.showScores');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    expect(await faults()).toEqual([]);
    await page.getByRole('button', { name: /^Score of the atlas/ }).click();
    await page.keyboard.type('streaming');
    expect(await faults()).toEqual([]);
    await page.keyboard.press('Escape');
    await command(page, 'scores.runProbe');
    expect(await faults()).toEqual([]);
  });
}
