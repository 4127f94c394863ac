/** The strips of the sink columns beside the map. */
import AxeBuilder from '@axe-core/playwright';
import { expect, idle, test } from '../support/app-test.ts';

test('strips are chosen by rule, by index and by the pinned token', async ({ app }) => {
  const headings = () =>
    app
      .locator('.hs-map__heading')
      .filter({ hasText: /^p on key/ })
      .allTextContents();
  expect(await headings()).toEqual(['p on key 0']);
  await app.getByRole('button', { name: 'Sink columns' }).click();
  await app.getByRole('textbox', { name: 'Keys of the strips' }).fill('0, 38');
  await idle(app);
  expect(await headings()).toEqual(['p on key 0', 'p on key 38']);
  const { violations } = await new AxeBuilder({ page: app }).include('.hs-map').setLegacyMode().analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await app.keyboard.press('Escape');

  const box = (await app.getByRole('application', { name: /^Attention of/ }).boundingBox())!;
  await app.mouse.click(box.x + 40, box.y + box.height * 0.5);
  await idle(app);
  await expect(app.locator('.hs-map__readout')).toContainText(/attention on key 0 is [\d.]+, on key 38 is /);
  await app.keyboard.press('k');
  await idle(app);
  expect(await headings()).toHaveLength(3);

  await app.getByRole('button', { name: 'Sink columns' }).click();
  await app.getByRole('radio', { name: /largest column means/ }).check();
  await idle(app);
  expect(await headings()).toEqual(['p on key 0']);
  await app.reload();
  await idle(app);
  await app.getByRole('button', { name: 'Sink columns' }).click();
  await expect(app.getByRole('radio', { name: /largest column means/ })).toBeChecked();
});
