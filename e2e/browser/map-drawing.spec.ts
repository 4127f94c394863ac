/** The map drawn by the graphics card and by the processor: the same pixels. */
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

/** The canvas of the data, under that of the crosshair. */
const canvas = (page: Page) => page.locator('.hs-map canvas').first();

interface Seen {
  readonly drawing: string | undefined;
  readonly pixels: number;
  readonly colours: number;
  /** Pixels that are not as they were when the page was looked at before; -1 where the size is another. */
  readonly differ: number;
}

/** Looks at the data's pixels, and keeps them in the page for the next look. */
function look(page: Page): Promise<Seen> {
  return canvas(page).evaluate((element: HTMLCanvasElement) => {
    const { data } = element.getContext('2d')!.getImageData(0, 0, element.width, element.height);
    const words = new Uint32Array(data.buffer);
    const kept = window as unknown as { seenBefore?: Uint32Array };
    const before = kept.seenBefore ?? words;
    kept.seenBefore = words;
    const differ = words.reduce((count, word, index) => count + (word === before[index] ? 0 : 1), 0);
    return {
      drawing: element.dataset['drawing'],
      pixels: words.length,
      colours: new Set(words).size,
      differ: before.length === words.length ? differ : -1,
    };
  });
}

test('both draw the same pixels, at every zoom and on every scale', async ({ app }) => {
  const stage = app.getByRole('application', { name: /^Attention of/ });
  const box = (await stage.boundingBox())!;
  const same = async (what: string) => {
    await command(app, 'view.drawing.webgl');
    const card = await look(app);
    await command(app, 'view.drawing.canvas');
    const processor = await look(app);
    expect([card.drawing, processor.drawing]).toEqual(['webgl', 'canvas']);
    expect(processor.differ, `${what}: of ${processor.pixels} pixels`).toBe(0);
    // There is something to compare.
    expect(card.colours, what).toBeGreaterThan(30);
  };
  await app.mouse.move(0, 0);
  await same('the whole map');
  await app.getByRole('slider', { name: 'Gamma' }).fill('0.45');
  await same('with gamma');
  await command(app, 'view.toggleScale');
  await same('linear');
  await app.getByRole('combobox', { name: 'Value' }).selectOption('lift');
  await command(app, 'view.toggleScale');
  await same('diverging');
  await app.getByRole('combobox', { name: 'Value' }).selectOption('logit');
  await same('logits');
  for (let notch = 0; notch < 5; notch++) {
    await app.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.7);
    await app.mouse.wheel(0, -173);
    await app.mouse.move(0, 0);
    await idle(app);
    await same(`zoomed in ${notch + 1} times`);
  }
});

test('a lost context is drawn without, and taken up again when it comes back', async ({ page, host }) => {
  await page.addInitScript(() => {
    const contexts: WebGL2RenderingContext[] = [];
    Object.assign(window, { contexts });
    const original = Reflect.get(HTMLCanvasElement.prototype, 'getContext') as () => unknown;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...args: unknown[]) {
      const context = Reflect.apply(original, this, args) as unknown;
      if (context instanceof WebGL2RenderingContext) contexts.push(context);
      return context;
    } as never;
  });
  await page.goto(host.url);
  await idle(page);
  await command(page, 'view.drawing.webgl');
  expect((await look(page)).drawing).toBe('webgl');
  const lose = (lost: boolean) =>
    page.evaluate((isLost) => {
      const held = window as unknown as { contexts: WebGL2RenderingContext[]; lose?: WEBGL_lose_context };
      held.lose ??= held.contexts.at(-1)!.getExtension('WEBGL_lose_context')!;
      if (isLost) held.lose.loseContext();
      else held.lose.restoreContext();
    }, lost);
  await lose(true);
  await expect(canvas(page)).toHaveAttribute('data-drawing', 'canvas');
  await idle(page);
  expect((await look(page)).differ).toBe(0);
  await lose(false);
  await expect(canvas(page)).toHaveAttribute('data-drawing', 'webgl');
  await idle(page);
  expect((await look(page)).differ).toBe(0);
});
