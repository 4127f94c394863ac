/** Spans of the prompt as one bracket on the axes of the map. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

const brackets = (page: Page) => page.locator('.hs-map__fold');

/** Boxes of all labels of both axes that overlap another one's, and those that leave the map. */
function crowded(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const room = document.querySelector('.hs-map__stage')!.getBoundingClientRect();
    // Sloped labels: where they begin decides, since all have one slope.
    const labels = [...document.querySelectorAll<SVGTextElement>('.hs-map__label, .hs-map__fold text')].map(
      (label) => ({
        text: label.textContent,
        box: label.getBoundingClientRect(),
        sloped: label.hasAttribute('transform'),
      }),
    );
    const outside = labels.filter(
      ({ box }) => box.left < room.left - 1 || box.right > room.right + 1 || box.top < room.top - 1,
    );
    const overlapping = labels.filter((a, place) =>
      labels.slice(place + 1).some((b) => {
        if (a.sloped !== b.sloped) return false;
        return a.sloped ? Math.abs(a.box.left - b.box.left) < 14 : Math.abs(a.box.top - b.box.top) < 12;
      }),
    );
    return [...outside, ...overlapping].map(({ text }) => text);
  });
}

test('a span from a rectangle, or selected in the prompt, is folded, named and unfolded', async ({ app }) => {
  const box = (await app.locator('.hs-map__canvas').first().boundingBox())!;
  await app.keyboard.down('Shift');
  await app.mouse.move(box.x + 130, box.y + 300);
  await app.mouse.down();
  await app.mouse.move(box.x + 190, box.y + 380, { steps: 3 });
  await app.mouse.up();
  await app.keyboard.up('Shift');
  await idle(app);
  await app.getByRole('button', { name: 'Fold the keys' }).click();
  // One on either axis.
  await expect(brackets(app)).toHaveCount(2);
  await app.getByRole('textbox', { name: /^Name of the span/ }).fill('needle');
  await expect(brackets(app).first()).toContainText(/^needle \(\d+( tokens)?\)$/);
  const { violations } = await new AxeBuilder({ page: app }).include('.hs-map').setLegacyMode().analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await app.keyboard.press('Escape');

  await app.evaluate(() => {
    const text = (index: number) => document.querySelector(`[data-token="${index}"]`)!.firstChild!;
    document.getSelection()!.setBaseAndExtent(text(4), 0, text(15), 1);
    (document.activeElement as HTMLElement | null)?.blur();
  });
  await command(app, 'map.foldSelection');
  await expect(brackets(app)).toHaveCount(4);
  await expect(app.getByRole('textbox', { name: 'Name of the span 4–15' })).toBeVisible();
  expect(await crowded(app)).toEqual([]);

  const stage = app.getByRole('application', { name: /^Attention of/ });
  for (let press = 0; press < 4; press++) {
    await stage.press('+');
    await idle(app);
    expect(await crowded(app)).toEqual([]);
  }
  await app.getByRole('button', { name: 'Unfold needle' }).click();
  await command(app, 'map.unfoldAll');
  await expect(brackets(app)).toHaveCount(0);
  await app.getByRole('button', { name: 'Undo' }).click();
  await idle(app);
  await expect(app.getByRole('list', { name: 'Folded spans' }).getByRole('listitem')).toHaveCount(1);
});
