/** Sessions: what is saved comes back as it was, without the model, to the pixel and to the bit. */
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page, TestInfo } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';
import { compareTwo, lab, openLab, rows, setBudgets, work as workIn } from '../support/method-lab.ts';
import { writeLlama } from '../support/model-folder.ts';
import { startHost } from '../support/web-host.ts';

/** Everything that shows numbers; the top bar says of itself that a run is a stored one. */
const PARTS = ['.hs-prompt', '.hs-map-panel', '.hs-heads', '.hs-dock'];

async function pictures(page: Page): Promise<Buffer[]> {
  // Nothing is under the pointer or has the focus, and everything is painted anew: what was painted in parts has other
  // edges in a few pixels.
  await page.mouse.move(2, 2);
  const setDisplay = (display: string) => page.evaluate((value) => void (document.body.style.display = value), display);
  await setDisplay('none');
  await idle(page);
  await setDisplay('');
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await idle(page);
  const shots = [];
  // How far a list is scrolled and what can be undone are not kept.
  await page.evaluate(() => document.querySelectorAll('*').forEach((element) => (element.scrollTop = 0)));
  const mask = [page.locator('.hs-dock__actions')];
  for (const part of PARTS) shots.push(await page.locator(part).screenshot({ animations: 'disabled', mask }));
  return shots;
}

async function expectSame(
  before: readonly Buffer[],
  after: readonly Buffer[],
  parts: readonly string[],
  info: TestInfo,
): Promise<void> {
  for (const [at, part] of PARTS.entries()) {
    if (!parts.includes(part)) continue;
    await info.attach(`${part} before`, { body: before[at]!, contentType: 'image/png' });
    await info.attach(`${part} after`, { body: after[at]!, contentType: 'image/png' });
    expect.soft(after[at]!.equals(before[at]!), `${part} looks the same`).toBe(true);
  }
}

async function saveAs(page: Page, name: string, { tensors }: { readonly tensors: boolean }): Promise<void> {
  await command(page, 'session.show');
  const dialog = page.getByRole('dialog', { name: 'Session' });
  await dialog.getByLabel('Name').fill(name);
  const toggle = dialog.getByRole('switch', { name: /Include tensors/ });
  if ((await toggle.getAttribute('aria-checked')) !== String(tensors)) await toggle.click();
  await dialog
    .getByRole('button', { name: /^Save( here)?$/ })
    .first()
    .click();
  await expect(dialog).toBeHidden();
}

async function openRandomModel(page: Page, folder: string): Promise<void> {
  writeLlama(folder, { layers: 3, heads: 4, headDim: 16, context: 512 });
  await command(page, 'model.openFolder', folder);
  await page
    .getByRole('textbox')
    .first()
    .fill(Array.from({ length: 90 }, (_, i) => (i * 7) % 64).join(' '));
  await command(page, 'prompt.run');
}

/** A little of everything that a session keeps. */
async function work(page: Page): Promise<void> {
  await command(page, 'head.select', 'L1H2');
  await command(page, 'head.toggleAblation');
  await command(page, 'head.select', 'L2H1');
  await command(page, 'view.nextSinkMode');
  await command(page, 'view.showNotes');
  await page.getByRole('textbox', { name: 'Notes' }).fill('The second head looks back by seven.');
  await command(page, 'view.showInterventions');
  await page.getByRole('application', { name: /^Attention of/ }).focus();
  for (let zoom = 0; zoom < 2; zoom++) await page.keyboard.press('+');
  await idle(page);
}

for (const tensors of [true, false]) {
  test(`a session ${tensors ? 'with' : 'without'} tensors looks the same without its model`, async ({
    app,
    host,
  }, info) => {
    const folder = join(host.root, `random-${tensors}`);
    const name = `random-${tensors}.headscope`;
    // Panels that were loaded from their stored shares differ by fractions of a pixel from those of a first visit.
    await app.reload();
    await idle(app);
    await openRandomModel(app, folder);
    await work(app);
    await saveAs(app, name, { tensors });
    const before = await pictures(app);
    rmSync(folder, { recursive: true });

    await app.goto(host.url);
    await app.reload();
    await idle(app);
    await command(app, 'session.open', join(host.root, name));
    await expect(app.getByText('Stored run')).toBeVisible();
    const after = await pictures(app);
    // Without tensors a map has 255 steps and says so; its picture is compared by the tests of its codes.
    const compared = tensors ? PARTS : PARTS.filter((part) => part !== '.hs-map-panel');
    await expectSame(before, after, compared, info);
    await expect(app.getByText(tensors ? 'exact' : '8-bit').first()).toBeVisible();
    await command(app, 'view.showNotes');
    await expect(app.getByRole('textbox', { name: 'Notes' })).toHaveValue('The second head looks back by seven.');
  });
}

test('a session of the open model comes back live, with comparison, small maps, folds and generated text', async ({
  app,
  host,
}, info) => {
  await app.reload();
  await idle(app);
  await command(app, 'head.select', 'L1H3');
  await command(app, 'head.toggleAblation');
  await command(app, 'prompt.generate');
  await command(app, 'head.select', 'L1H2');
  await command(app, 'map.compareHead');
  await command(app, 'head.select', 'L2H0');
  await command(app, 'map.compareHead');
  await command(app, 'atlas.toggleMaps');
  await command(app, 'view.toggleShownRun');
  await saveAs(app, 'live.headscope', { tensors: false });
  const before = await pictures(app);

  await app.goto(`${host.url.split('#')[0]!}?again#${host.url.split('#')[1]!}`);
  await idle(app);
  await command(app, 'session.open', join(host.root, 'live.headscope'));
  await expect(app.getByText('Stored run')).toBeHidden();
  await expectSame(before, await pictures(app), PARTS, info);
});

const decode = (page: Page) => page.getByRole('region', { name: 'Generated tokens step by step' });

/** What the lab and the decode view show: as text where it is text, else as pictures. */
async function shownOfLab(page: Page) {
  const picture = async (canvas: Locator) => {
    // Nothing is under the pointer or has the focus.
    await page.mouse.move(2, 2);
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await idle(page);
    return canvas.screenshot({ animations: 'disabled' });
  };
  await openLab(page, 'Compare');
  const columns = await lab(page).getByRole('columnheader').allInnerTexts();
  const table = await rows(page).allInnerTexts();
  const plot = await lab(page)
    .getByRole('img', { name: /^Methods: / })
    .innerHTML();
  const overlap = await lab(page).locator('.hs-lab__overlap').allInnerTexts();
  await openLab(page, 'Maps');
  const maps = await lab(page)
    .getByRole('region', { name: /^Map \d: / })
    .evaluateAll((regions) => regions.map((region) => region.getAttribute('aria-label')));
  await openLab(page, 'Kept keys');
  const method = await lab(page).getByRole('combobox', { name: 'Method' }).locator('option:checked').innerText();
  const keptRibbon = await picture(lab(page).getByRole('application', { name: /^Keys that/ }));
  const strip = await lab(page)
    .getByRole('application', { name: /^Tokens at the query/ })
    .innerHTML();
  const heads = await lab(page)
    .getByRole('grid', { name: /under the method/ })
    .innerHTML();
  const missed = await lab(page).getByRole('region', { name: 'One key' }).innerText();
  expect(missed).toMatch(/Missed most at query \d+/);
  await openLab(page, 'Tasks');
  const tasks = await rows(page).allInnerTexts();
  await command(page, 'view.showDecode');
  const texts = await decode(page)
    .getByRole('application', { name: /^Generated tokens/ })
    .innerHTML();
  const ribbon = await picture(decode(page).getByRole('application', { name: /^Keys that/ }));
  return { columns, maps, method, table, plot, overlap, keptRibbon, strip, heads, missed, tasks, texts, ribbon };
}

async function figure(page: Page, id: string): Promise<string> {
  await command(page, 'figure.export', id);
  const dialog = page.getByRole('dialog', { name: 'Figure' });
  await dialog.getByRole('radio', { name: 'SVG' }).check();
  const coming = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save SVG' }).click();
  const text = readFileSync(await (await coming).path(), 'utf8');
  await page.keyboard.press('Escape');
  // Each engine has names of its own for what it holds.
  return text.replace(/<metadata>.*<\/metadata>/s, '');
}

const LAB_FIGURES = ['methods', 'method-table', 'kept', 'allocation', 'ribbon', 'method-maps', 'accuracy', 'decode'];

test('the method lab and a text under a method come back as they were, with nothing run again', async ({
  app,
  host,
}) => {
  test.setTimeout(120_000);
  await app.reload();
  await idle(app);
  await openLab(app, 'Compare');
  await lab(app).getByRole('radio', { name: 'F1' }).click();
  await compareTwo(app);
  await rows(app).nth(3).locator('td').nth(2).click();
  await lab(app).getByRole('checkbox', { name: 'Densities' }).check();
  await lab(app).getByRole('checkbox', { name: 'Answer' }).uncheck();
  await lab(app)
    .getByRole('columnheader', { name: /^lost mass/ })
    .getByRole('button')
    .click();
  await openLab(app, 'Maps');
  await lab(app).getByRole('combobox', { name: 'Value of map 2' }).selectOption('lost');
  await lab(app).getByRole('button', { name: 'Add a map' }).click();
  await openLab(app, 'Tasks');
  await setBudgets(app, '25%');
  for (const [name, value] of [
    ['lengths', '128'],
    ['samples', '1'],
    ['depths', '0.5'],
  ] as const) {
    await lab(app).getByRole('textbox', { name }).fill(value);
  }
  await workIn(app, lab(app), 'Measure');
  await command(app, 'view.showDecode');
  await decode(app).getByRole('textbox', { name: 'tokens', exact: true }).fill('4');
  await workIn(app, decode(app), 'Generate under the method');
  await decode(app)
    .getByRole('application', { name: /^Generated tokens/ })
    .press('End');
  await idle(app);
  const before = await shownOfLab(app);
  expect(before.columns.join()).toMatch(/blocks.*lost mass ↓/s);
  expect(before.method).toContain('H2O');
  expect(before.maps).toHaveLength(4);
  expect(before.maps[1]).toContain('lost');
  const drawn = [];
  for (const id of LAB_FIGURES) drawn.push(await figure(app, id));
  for (const svg of drawn) expect(svg).toMatch(/^<\?xml|^<svg/);
  await saveAs(app, 'lab.headscope', { tensors: true });

  // Another engine, which knows of none of it.
  const other = await startHost();
  try {
    copyFileSync(join(host.root, 'lab.headscope'), join(other.root, 'lab.headscope'));
    await app.goto(other.url);
    await app.reload();
    await idle(app);
    await command(app, 'session.open', join(other.root, 'lab.headscope'));
    const after = await shownOfLab(app);
    expect(after).toEqual(before);
    for (const [at, id] of LAB_FIGURES.entries()) {
      expect(await figure(app, id), `the figure ${id} is the same`).toBe(drawn[at]);
    }
  } finally {
    await app.close();
    await other.stop();
  }
});

test('maps and kept keys of a session without tensors are made again by one click, and its results stay', async ({
  app,
  host,
}) => {
  await openLab(app, 'Compare');
  await lab(app).getByRole('radio', { name: 'F1' }).click();
  await compareTwo(app);
  const table = await rows(app).allTextContents();
  await openLab(app, 'Maps');
  await saveAs(app, 'bare.headscope', { tensors: false });

  const other = await startHost();
  try {
    copyFileSync(join(host.root, 'bare.headscope'), join(other.root, 'bare.headscope'));
    await app.goto(other.url);
    await app.reload();
    await idle(app);
    await command(app, 'session.open', join(other.root, 'bare.headscope'));
    const again = lab(app).getByRole('button', { name: 'Run again' });
    for (const tab of ['Kept keys', 'Maps'] as const) {
      await openLab(app, tab);
      await expect(again).toHaveCount(1);
    }
    const gone = lab(app).getByText('No longer held by the engine: run again.');
    await expect(gone).toHaveCount(2);
    await again.click();
    await expect(again).toHaveCount(0);
    await idle(app);
    await expect(gone).toHaveCount(0);
    await openLab(app, 'Kept keys');
    await expect(again).toHaveCount(0);
    await expect(lab(app).getByRole('radio', { name: 'All heads' })).toBeEnabled();
    await openLab(app, 'Compare');
    expect(await rows(app).allTextContents()).toEqual(table);
  } finally {
    await app.close();
    await other.stop();
  }
});

test('asks before unsaved work is lost, and brings it back after the window was lost all the same', async ({
  app,
  host,
  context,
}) => {
  await command(app, 'view.showNotes');
  await app.getByRole('textbox', { name: 'Notes' }).fill('Not saved anywhere.');
  await expect(app.getByRole('button', { name: /unsaved · kept/ })).toBeVisible({ timeout: 15_000 });
  const asked = app.waitForEvent('dialog');
  const left = app.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await dialog.dismiss();
  await left;

  await app.close();
  const page = await context.newPage();
  await page.goto(host.url);
  await idle(page);
  await expect(page.getByText(/A window ended with unsaved work/)).toBeVisible();
  await page.getByRole('button', { name: 'Recover' }).click();
  await idle(page);
  await expect(page.getByRole('textbox', { name: 'Notes' })).toHaveValue('Not saved anywhere.');
  await expect(page.getByText(/A window ended with unsaved work/)).toBeHidden();
});
