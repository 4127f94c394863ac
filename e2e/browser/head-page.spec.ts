/** The page of one head, on the shipped model. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

async function open(page: Page, head: string): Promise<void> {
  await command(page, 'head.select', head);
  await command(page, 'view.showHead');
}

test('says what the head is, what it looks at and whom it goes with', async ({ app }) => {
  await open(app, 'L1H3');
  await expect(app.getByRole('heading', { level: 1, name: 'L1H3' })).toBeVisible();
  await expect(section(app, 'Scores').getByRole('row', { name: /^Entropy .* of 48 / })).toBeVisible();
  await section(app, 'Scores').getByRole('button', { name: 'Entropy', exact: true }).click();
  await expect(section(app, 'Scores')).toContainText('nothing beyond the run');
  await expect(section(app, 'Distance profile').getByRole('img')).toBeVisible();
  await expect(section(app, 'Top keys').getByRole('listitem')).toHaveCount(8);
  await expect(section(app, 'Composition').getByRole('list').first()).toBeVisible();

  const similar = section(app, 'Similar heads').getByRole('button').first();
  const name = (await similar.textContent())!.split(' ')[0]!;
  await similar.click();
  await idle(app);
  await expect(app.getByRole('heading', { level: 1, name })).toBeVisible();
  await app.keyboard.press('Control+z');
  await expect(app.getByRole('heading', { level: 1, name: 'L1H3' })).toBeVisible();
});

test('takes a logit apart into parts that sum to it', async ({ app }) => {
  await open(app, 'L1H3');
  const logits = section(app, 'Direct logit attribution');
  await expect(logits.getByRole('row', { name: /^L1H3 rank/ })).toBeVisible();
  const sums = async () => {
    const [, sum, logit] = /sum to ([+−]\d+\.\d+); the forward gave ([+−]\d+\.\d+)/.exec(
      (await logits.textContent())!,
    )!;
    return [sum, logit].map((text) => Number(text!.replace('−', '-')));
  };
  const [sum, logit] = await sums();
  expect(Math.abs(sum! - logit!)).toBeLessThanOrEqual(2e-4);
  await logits.getByRole('combobox', { name: 'Token that it is compared with' }).selectOption({ index: 2 });
  await idle(app);
  const [difference, ofForward] = await sums();
  expect(Math.abs(difference! - ofForward!)).toBeLessThanOrEqual(2e-4);
  expect(difference).not.toBe(sum);
});

test('an address leads back to the head', async ({ app }) => {
  await open(app, 'L2H5');
  expect(new URL(app.url()).hash).toMatch(/^#head=L2H5&tab=head&model=[0-9a-f]{16}$/);
  const address = app.url();
  await command(app, 'view.showMap');
  expect(new URL(app.url()).hash).toBe('');
  await app.goto('about:blank');
  await app.goto(address);
  await idle(app);
  await expect(app.getByRole('heading', { level: 1, name: 'L2H5' })).toBeVisible();

  await app.goto(address.replace('L2H5', 'L9H9'));
  await idle(app);
  await expect(app.getByText('There is no L9H9. The model has L0H0 to L5H7.')).toBeVisible();
});

test('notes stay with their head and go into the session', async ({ app }) => {
  await open(app, 'L0H1');
  await app.getByRole('textbox', { name: 'Notes on L0H1' }).fill('Looks one back.');
  await command(app, 'head.next');
  await expect(app.getByRole('textbox', { name: 'Notes on L0H2' })).toHaveValue('');
  await command(app, 'head.previous');
  await expect(app.getByRole('textbox', { name: 'Notes on L0H1' })).toHaveValue('Looks one back.');
});

for (const scheme of ['light', 'dark'] as const) {
  test(`the page has no accessibility faults and does not scroll sideways, ${scheme}`, async ({ page, host }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(host.url);
    await idle(page);
    await open(page, 'L1H3');
    await section(page, 'Scores').getByRole('button', { name: 'Entropy', exact: true }).click();
    const { violations } = await new AxeBuilder({ page })
      .include('.hs-head-page')
      .setLegacyMode()
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
      .analyze();
    expect(violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))).toEqual([]);
    for (const width of [1280, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      const spare = await page
        .locator('.hs-head-page')
        .evaluate((element) => element.clientWidth - element.scrollWidth);
      expect(spare).toBeGreaterThanOrEqual(0);
    }
  });
}
