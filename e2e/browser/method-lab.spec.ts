/** The method lab on the shipped model: methods by budgets, maps and kept keys under them, and the tasks. */
import { expect, idle, test } from '../support/app-test.ts';
import { compareTwo, keepMethods, lab, openLab, rows, setBudgets, work } from '../support/method-lab.ts';

test('methods are compared on a needle prompt: table, reasons, plot, order, chosen row', async ({ app }) => {
  await openLab(app, 'Compare');
  await work(app, lab(app), 'Take a needle prompt');
  await expect(lab(app)).toContainText('the task’s own');
  await expect(lab(app).getByRole('textbox', { name: 'answer', exact: true })).not.toHaveValue('');
  await expect(lab(app).getByRole('slider', { name: 'First token of the question' })).toHaveAttribute(
    'aria-valuetext',
    /^token 4\d\d of /,
  );
  await keepMethods(app, [/^Dense/, /^StreamingLLM/, /^SnapKV/, /top-k/]);
  await setBudgets(app, '12.5%, 25%');
  await expect(lab(app)).toContainText('4 methods, 7 rows');
  await work(app, lab(app), 'Compare');

  await expect(rows(app)).toHaveCount(7);
  const table = lab(app).getByRole('region', { name: 'Methods by budgets' });
  const column = async (name: string) => {
    const heads = await table.locator('thead tr').nth(1).locator('th').allTextContents();
    const at = heads.findIndex((text) => text.startsWith(name));
    expect(at, `${name} in ${heads.join(' | ')}`).toBeGreaterThanOrEqual(0);
    return rows(app).locator(`td:nth-of-type(${at + 2})`);
  };
  const recall = (await (await column('recall')).allTextContents()).map(Number);
  expect(recall[0]).toBe(1);
  for (const value of recall.slice(1)) expect(value).toBeGreaterThan(0.1);
  // Nothing of a size holds more of the mass than the largest probabilities.
  expect(recall[5]).toBeGreaterThan(recall[1]!);
  expect(recall[5]).toBeGreaterThan(recall[3]!);
  await expect((await column('NLL of the answer')).nth(1)).toHaveText(/\d/);
  const right = await column('right');
  await expect(right).toHaveText(['–', '–', '–', '–', '–', '–', '–']);
  await expect(right.nth(1)).toHaveAttribute('title', /nothing is generated/);

  const plot = lab(app).getByRole('img', { name: /^Methods: .*Arrow keys/ });
  await expect(plot.locator('g[stroke]')).toHaveCount(3);
  await plot.focus();
  await app.keyboard.press('ArrowRight');
  await expect(lab(app).locator('figcaption')).toContainText(/StreamingLLM.*, 12\.5%: [\d.]+ at \d/);
  await app.keyboard.press('Enter');
  await expect(rows(app).nth(1).getByRole('button').first()).toHaveAttribute('aria-pressed', 'true');

  await table.getByRole('button', { name: /^lost mass/ }).click();
  await expect(table.getByRole('columnheader', { name: /^lost mass/ })).toHaveAttribute('aria-sort', 'descending');
  const lost = (await (await column('lost mass')).allTextContents()).map(Number);
  expect(lost).toEqual([...lost].sort((a, b) => b - a));
  expect(lost.at(-1)).toBe(0);

  await rows(app)
    .nth(0)
    .getByRole('button', { name: /^L\dH\d$/ })
    .click();
  await rows(app).nth(0).locator('td').nth(2).click();
  const name = (await rows(app).nth(0).getByRole('button').first().textContent())!.trim();
  await openLab(app, 'Kept keys');
  await expect(lab(app).getByRole('combobox', { name: 'Method' }).locator('option:checked')).toContainText(name);
});

test('a preset sets methods and axes and runs; a budget that does not fit says so in its row', async ({ app }) => {
  await openLab(app, 'Compare');
  await work(app, lab(app), 'StreamingLLM and its sinks');
  await expect(rows(app)).toHaveCount(13);
  await expect(lab(app).getByRole('combobox', { name: 'up' })).toHaveValue('outputErrorWO');
  await expect(lab(app).getByRole('combobox', { name: 'across' })).toHaveValue('read');

  await keepMethods(app, [/^Dense/, /sink 4$/]);
  await setBudgets(app, '3, 50%');
  await work(app, lab(app), 'Compare');
  await expect(rows(app)).toHaveCount(3);
  await expect(rows(app).nth(1)).toContainText(
    /A budget of 3 keys is too small for .+: it leaves nothing for window.+Give at least \d+ keys, [\d.]+% of the/,
  );
  await expect(rows(app).nth(2)).toContainText(/0\.\d+/);
});

test('undo brings back what was taken off, typed or set by a preset, with the prompt from before it', async ({
  app,
}) => {
  const text = () => app.getByRole('region', { name: 'Prompt' }).innerText();
  const undo = async () => {
    await app.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await app.keyboard.press('Control+z');
    await idle(app);
  };
  const answer = () => lab(app).locator('.hs-lab__answer');
  const names = () =>
    lab(app).getByRole('list', { name: 'Methods that are compared' }).getByRole('listitem').allInnerTexts();
  await openLab(app, 'Compare');
  const [prompt, methods] = [await text(), await names()];
  await work(app, lab(app), 'SnapKV, H2O and StreamingLLM on a needle');
  await expect(rows(app)).not.toHaveCount(0);
  expect(await text()).not.toBe(prompt);
  const needle = await names();
  expect(needle).not.toEqual(methods);
  const expected = await answer().inputValue();
  expect(expected).not.toBe('');
  await lab(app).getByRole('button', { name: 'Take off the list: H2O (heavy hitters)' }).click();
  await setBudgets(app, '5%, 10%');
  await lab(app).getByRole('textbox', { name: 'budgets of all' }).pressSequentially(', 20%');
  expect(await names()).toHaveLength(needle.length - 1);

  await undo();
  await expect(lab(app).getByRole('textbox', { name: 'budgets of all' })).toHaveValue('6.25%, 12.5%, 25%, 50%');
  await undo();
  expect(await names()).toEqual(needle);
  await undo();
  expect(await names()).toEqual(methods);
  expect(await text()).toBe(prompt);
  await expect(answer()).toHaveValue('');
  await app.keyboard.press('Control+Shift+z');
  await idle(app);
  expect(await names()).toEqual(needle);
  await expect(answer()).toHaveValue(expected);
});

test('a comparison is cancelled with what was done, and goes on from there', async ({ app }) => {
  await openLab(app, 'Compare');
  await work(app, lab(app), 'Take a needle prompt');
  await lab(app).getByRole('radio', { name: 'F3' }).click();
  await keepMethods(app, [/^Dense/, /^StreamingLLM/, /^H2O/, /^SnapKV/]);
  await setBudgets(app, '12.5%, 25%, 50%');
  await lab(app).getByRole('button', { name: 'Compare', exact: true }).click();
  // The first rows stand in the table while the others are made.
  await expect(rows(app).first()).toBeVisible();
  await lab(app).getByRole('button', { name: 'Cancel' }).click();
  const some = await rows(app).count();
  expect(some).toBeLessThan(10);
  await expect(lab(app)).toContainText('What was done so far is kept');
  await idle(app);
  expect(await rows(app).count()).toBe(some);
  await work(app, lab(app), 'Go on');
  await expect(rows(app)).toHaveCount(10);
  // Answers were generated: nothing is left untold.
  await expect(rows(app).filter({ hasText: '–' })).toHaveCount(0);
  await expect(rows(app).first()).toContainText('yes');
});

test('maps under methods are read and pinned together, a dropped key in words', async ({ app }) => {
  await openLab(app, 'Compare');
  await lab(app).getByRole('textbox', { name: 'question from token' }).fill('150');
  await compareTwo(app);
  await openLab(app, 'Maps');
  const map = (at: number) => lab(app).getByRole('region', { name: new RegExp(`^Map ${at}:`) });
  await expect(map(1)).toContainText('READ all');
  await expect(map(3)).toContainText(/H2O/);
  await expect(map(2)).toContainText(/READ \d+(\.\d)? · lost [<\d.]+/);

  const stage = map(2).getByRole('application');
  const box = (await stage.boundingBox())!;
  const words = map(2).locator('p').last();
  // Downwards along early keys, until they are out of the window.
  for (let down = 60; down < box.height && !/dropped/.test((await words.textContent())!); down += 14) {
    await app.mouse.move(box.x + box.width * 0.4, box.y + down);
    await idle(app);
  }
  await expect(words).toHaveText(
    /^query \d+ “.*” → key \d+ “.*”: dropped (at the end of the prompt|since query \d+ “.*”), p dense .*, here 0$/,
  );
  const place = /^query .* → key [^:]*:/.exec((await words.textContent())!)![0];
  for (const other of [1, 3]) await expect(map(other).locator('p').last()).toContainText(place);
  await app.mouse.down();
  await app.mouse.up();
  await app.mouse.move(2, 2);
  await idle(app);
  for (const each of [1, 2, 3]) await expect(map(each).locator('p').last()).toContainText(place);

  // All rows under the methods, and back.
  const byRows = lab(app).getByRole('button', { name: 'method rows' });
  const whole = lab(app).getByRole('button', { name: 'fit', exact: true });
  await byRows.click();
  await expect(byRows).toHaveAttribute('aria-pressed', 'true');
  await expect(whole).toBeEnabled();
  await stage.focus();
  await app.keyboard.press('r');
  await expect(byRows).toHaveAttribute('aria-pressed', 'false');
  await expect(whole).toBeDisabled();

  await lab(app).getByRole('combobox', { name: 'Value of map 2' }).selectOption('lost');
  await idle(app);
  await expect(map(2)).toHaveAttribute('aria-label', /lost/);
  await lab(app).getByRole('button', { name: 'Add a map' }).click();
  await idle(app);
  await expect(map(4)).toBeVisible();

  // The pin is that of the kept keys.
  await openLab(app, 'Kept keys');
  const key = /key (\d+)/.exec(place)![1];
  await expect(lab(app).getByRole('region', { name: 'One key' })).toContainText(new RegExp(`Key ${key} .*pinned`));
});

test('kept keys: scrubbed by keys; a dropped key tells which heads wanted it', async ({ app }) => {
  await compareTwo(app);
  await rows(app).nth(1).locator('td').nth(2).click();
  await openLab(app, 'Kept keys');
  const slider = lab(app).getByRole('slider', { name: 'Query that is looked at' });
  const last = Number(await slider.getAttribute('aria-valuemax'));
  await expect(slider).toHaveAttribute('aria-valuenow', String(last));
  await slider.focus();
  for (const press of ['ArrowLeft', 'ArrowLeft', 'ArrowRight']) await app.keyboard.press(press);
  await idle(app);
  await expect(slider).toHaveAttribute('aria-valuenow', String(last - 1));
  const strip = lab(app).getByRole('region', { name: 'Tokens of the step' });
  await expect(strip.getByRole('heading')).toContainText(`Tokens at query ${last - 1}`);

  const dropped = strip.locator('.hs-kept__token--dropped').first();
  const key = (await dropped.getAttribute('data-key'))!;
  const one = lab(app).getByRole('region', { name: 'One key' });
  await dropped.hover();
  await idle(app);
  await expect(one.getByRole('heading')).toContainText(/^Key \d+ .*seen from query/);
  // Pinned, it stays whatever comes under the mouse.
  await dropped.click();
  await app.mouse.move(2, 2);
  await idle(app);
  await expect(one.getByRole('heading')).toContainText(new RegExp(`^Key ${key} .*pinned$`));
  await expect(one).toContainText(/(dropped at|never read).*not read\./);
  await expect(one).toContainText(/48 of 48 heads do not read it; of them L\dH\d wants it most/);
  const wanted = one.locator('tbody tr').first();
  await expect(wanted).toContainText('no');
  const head = (await wanted.getByRole('button').textContent())!;
  await wanted.getByRole('button').click();
  await idle(app);
  await expect(one).toContainText(`${head}: `);
  await expect(lab(app).getByRole('region', { name: 'Kept keys by query' })).toContainText(`Keys that ${head} reads`);
  const atlas = lab(app).getByRole('grid', { name: /under the method/ });
  await expect(atlas.locator(`[data-head=${head}]`)).toHaveAttribute('aria-selected', 'true');
  await atlas.getByRole('gridcell', { name: /^L1H2/ }).click();
  await idle(app);
  await expect(lab(app).getByRole('region', { name: 'Kept keys by query' })).toContainText('Keys that L1H2 reads');
  await expect(app.locator('.hs-heads [data-head=L1H2]')).toHaveAttribute('aria-selected', 'true');
});

test('a task is measured row by row, cancelled, and gone on with', async ({ app }) => {
  await openLab(app, 'Tasks');
  await keepMethods(app, [/^StreamingLLM/, /top-k/]);
  await setBudgets(app, '25%');
  await lab(app).getByRole('textbox', { name: 'lengths' }).fill('256');
  await lab(app).getByRole('textbox', { name: 'samples' }).fill('2');
  await lab(app).getByRole('textbox', { name: 'depths' }).fill('0.3');
  await expect(lab(app)).toContainText('2 prompts, 2 rows');
  await lab(app).getByRole('button', { name: 'Measure', exact: true }).click();
  await expect(rows(app).first()).toBeVisible();
  await expect(lab(app).getByRole('button', { name: 'Cancel' })).toHaveCount(0, { timeout: 60_000 });
  await idle(app);
  await expect(rows(app)).toHaveCount(2);
  await expect(rows(app).nth(1)).toContainText(/[01](\.\d+)? \(0\.\d+ to [01](\.\d+)?\)/);
  const plot = lab(app).getByRole('img', { name: /^needle: .*Arrow keys/ });
  await plot.focus();
  await app.keyboard.press('ArrowRight');
  await expect(lab(app).locator('figcaption')).toContainText(/25%: [\d.]+ \([\d.]+ to [\d.]+\) at/);

  await lab(app).getByRole('textbox', { name: 'samples' }).fill('40');
  await lab(app).getByRole('button', { name: 'Measure', exact: true }).click();
  await expect(lab(app)).toContainText(/\b[1-9]\d? prompts? a row/);
  await lab(app).getByRole('button', { name: 'Cancel' }).click();
  await expect(lab(app)).toContainText('What was done so far is kept');
  await lab(app).getByRole('textbox', { name: 'samples' }).fill('3');
  await work(app, lab(app), 'Measure');
  await expect(lab(app)).toContainText('3 prompts a row');
});
