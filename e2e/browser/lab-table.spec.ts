/** The table of a comparison that is longer and wider than its place. */
import { expect, test } from '../support/app-test.ts';
import { lab, openLab, setBudgets, work } from '../support/method-lab.ts';

test('heads, methods and budgets stay in view while the table is scrolled, by keys too', async ({ app }) => {
  await app.setViewportSize({ width: 1280, height: 800 });
  await openLab(app, 'Compare');
  await setBudgets(app, '1, 2, 8, 12, 16, 24, 32, 48');
  await lab(app).getByRole('radio', { name: 'F1' }).click();
  await work(app, lab(app), 'Compare');
  const box = lab(app).getByRole('region', { name: 'Methods by budgets' });
  await box.evaluate((element) => element.scrollIntoView({ block: 'end' }));
  const panel = (await lab(app).getByRole('tabpanel').boundingBox())!;
  const frame = (await box.boundingBox())!;
  // Both of its scrollbars are within the panel.
  expect(frame.y).toBeGreaterThanOrEqual(panel.y);
  expect(frame.y + frame.height).toBeLessThanOrEqual(panel.y + panel.height + 1);

  // Why a budget is too small is read as a whole, also after scrolling.
  const why = box.locator('.hs-lab__error > div').first();
  const isWithin = async () => {
    const { x, width } = (await why.boundingBox())!;
    return x >= frame.x && x + width <= frame.x + frame.width + 1;
  };
  expect(await isWithin()).toBe(true);

  await box.focus();
  const scrolled = () => box.evaluate(({ scrollTop, scrollLeft }) => [scrollTop > 0, scrollLeft > 0]);
  await app.keyboard.press('ArrowDown');
  await app.keyboard.press('ArrowRight');
  await expect.poll(scrolled).toEqual([true, true]);
  await box.evaluate((element) => element.scrollTo({ left: element.scrollWidth, behavior: 'instant' }));
  expect(await isWithin()).toBe(true);
  await box.evaluate((element) => element.scrollTo({ top: element.scrollHeight, behavior: 'instant' }));
  const heads = box.getByRole('columnheader');
  for (const name of ['method', 'budget']) {
    const { x, y } = (await heads.filter({ hasText: new RegExp(`^${name}$`) }).boundingBox())!;
    expect([Math.round(y - frame.y), x >= frame.x && x < frame.x + frame.width / 2]).toEqual([0, true]);
  }
  const last = box.locator('tbody tr').last();
  const [method, budget, head] = await Promise.all(
    [last.locator('th'), last.locator('td').first(), heads.last()].map(async (each) => (await each.boundingBox())!),
  );
  expect(Math.abs(method!.x + method!.width - budget!.x)).toBeLessThanOrEqual(1);
  expect(method!.x).toBeGreaterThanOrEqual(frame.x);
  expect(head!.y + head!.height).toBeLessThanOrEqual(method!.y);
  expect(head!.y).toBeGreaterThan(frame.y);
});
