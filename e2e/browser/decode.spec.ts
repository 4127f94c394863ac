/** Tokens generated under a method beside those of dense attention, step by step. */
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';
import { work } from '../support/method-lab.ts';

const panel = (page: Page) => page.getByRole('region', { name: 'Generated tokens step by step' });
const texts = (page: Page) => panel(page).getByRole('application', { name: /^Generated tokens, dense above/ });

test('a text under StreamingLLM is read step by step: where it parts, what was dropped, who wanted it', async ({
  app,
}) => {
  await command(app, 'view.showDecode');
  await panel(app).getByRole('textbox', { name: 'tokens', exact: true }).fill('8');
  await expect(panel(app).getByRole('combobox', { name: 'method' })).toHaveValue('sink-window');
  await work(app, panel(app), 'Generate under the method');

  // The fact that the answer copies is out of the window.
  await expect(panel(app)).toContainText(/texts part at step 1, \d+% of the tokens are the same/);
  await expect(texts(app).getByRole('button')).toHaveCount(16);
  await expect(texts(app).locator('.hs-decode__pair--difference')).toHaveCount(1);
  const dense = await texts(app).getByRole('button').first().textContent();
  expect(dense).toMatch(/co/);

  // However long the name of the method: it is cut, not scrolled to.
  for (const width of [1280, 1000]) {
    await app.setViewportSize({ width, height: 800 });
    const tooWide = panel(app).evaluate((element) =>
      ['.hs-effects__body', '.hs-decode__bar', '.hs-decode__texts'].filter((part) => {
        const { scrollWidth = 0, clientWidth = 0 } = element.querySelector(part) ?? {};
        return scrollWidth > clientWidth;
      }),
    );
    expect(await tooWide).toEqual([]);
  }
  await app.setViewportSize({ width: 1280, height: 800 });
  await expect(panel(app).getByRole('radio', { name: 'StreamingLLM (sink + window)' }).locator('..')).toHaveAttribute(
    'title',
    'StreamingLLM (sink + window)',
  );

  const slider = panel(app).getByRole('slider', { name: 'Step' });
  await texts(app).focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft']) await app.keyboard.press(key);
  await idle(app);
  await expect(slider).toHaveValue('1');
  await expect(slider).toHaveAttribute('aria-valuetext', /^step 2 of 8: .*, p = /);
  const predicted = panel(app).getByText(/^Predicted by query \d+/);
  const query = Number(/query (\d+)/.exec((await predicted.textContent())!)![1]);
  await expect(predicted).toContainText(
    /a head reads [\d.]+ of \d+ keys and misses [\d.]+ of its dense attention.*; L\dH\d reads \d+ and misses/,
  );
  await slider.focus();
  await app.keyboard.press('End');
  await idle(app);
  await expect(predicted).toContainText(`query ${query + 6}`);
  await expect(panel(app).getByRole('heading', { name: /^Next token/ })).toContainText('the texts before it');

  const strip = panel(app).getByRole('region', { name: 'Tokens of the step' });
  const dropped = strip.locator('.hs-kept__token--dropped').nth(20);
  const key = (await dropped.getAttribute('data-key'))!;
  await dropped.hover();
  await idle(app);
  const one = panel(app).getByRole('region', { name: 'One key' });
  await expect(one.getByRole('heading')).toContainText(`Key ${key}`);
  await expect(one.getByRole('heading')).toContainText(`seen from query ${query + 6}`);
  await expect(one).toContainText(/48 of 48 heads do not read it; of them L\dH\d wants it most/);
  await dropped.click();
  await app.mouse.move(2, 2);
  await slider.focus();
  await app.keyboard.press('Home');
  await idle(app);
  await expect(one.getByRole('heading')).toContainText(
    new RegExp(`Key ${key} .*seen from query ${query - 1} .*pinned`),
  );

  await panel(app)
    .getByRole('grid', { name: /^Heads by lost mass/i })
    .getByRole('gridcell', { name: /^L1H3/ })
    .click();
  await idle(app);
  await expect(panel(app).getByRole('region', { name: 'Kept keys by query' })).toContainText('Keys that L1H3 reads');
  await expect(predicted).toContainText('; L1H3 reads');
});

test('dense attention reads everything, and what is cancelled leaves what was there', async ({ app }) => {
  // It goes on and on, so that there is time to cancel.
  await app.getByRole('radio', { name: 'Edit' }).click();
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(40).trim();
  await app.getByRole('textbox', { name: 'Prompt text' }).fill(text);
  await app.getByRole('button', { name: 'Run', exact: true }).first().click();
  await idle(app);
  await command(app, 'view.showDecode');
  const tokens = panel(app).getByRole('textbox', { name: 'tokens', exact: true });
  await tokens.fill('4');
  await work(app, panel(app), 'Generate under the method');
  await texts(app).focus();
  await app.keyboard.press('ArrowUp');
  await idle(app);
  await expect(panel(app).getByText(/^Predicted by query/)).toContainText(/misses 0(\.0+)? of its dense attention/);

  await tokens.fill('600');
  await panel(app).getByRole('button', { name: 'Generate under the method' }).click();
  await expect(panel(app).locator('.hs-decode__partial')).not.toBeEmpty();
  await panel(app).getByRole('button', { name: 'Cancel' }).click();
  await idle(app);
  await expect(texts(app).getByRole('button')).toHaveCount(8);
  await tokens.fill('5');
  await work(app, panel(app), 'Generate under the method');
  await expect(texts(app).getByRole('button')).toHaveCount(10);
});
