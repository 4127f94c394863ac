/**
 * How evenly frames come while the map moves. Measured and printed, never judged: machines differ, and test machines
 * have no graphics card.
 */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { command, expect, idle, test } from '../support/app-test.ts';

interface Frames {
  /** Milliseconds from frame to frame, ascending. */
  readonly deltas: readonly number[];
  readonly frames: number;
}

/** Moves the map along a fixed path, one step a frame: in, about, and out again. */
function move(page: Page, steps: number): Promise<Frames> {
  return page.evaluate(async (count) => {
    const stage = document.querySelector('.hs-map__stage')!;
    const box = stage.getBoundingClientRect();
    const about = { clientX: box.left + box.width * 0.35, clientY: box.top + box.height * 0.6 };
    const times: number[] = [];
    for (let step = 0; step < count; step++) {
      times.push(await new Promise<number>((resolve) => requestAnimationFrame(resolve)));
      const part = step / count;
      const wheel = (deltaY: number, shiftKey: boolean) =>
        stage.dispatchEvent(new WheelEvent('wheel', { ...about, deltaY, shiftKey, bubbles: true, cancelable: true }));
      if (part < 0.3) wheel(-30, false);
      else if (part < 0.5) wheel(12, true);
      else if (part < 0.7) wheel(-12, true);
      else wheel(30, false);
    }
    const deltas = times.slice(1).map((time, index) => time - times[index]!);
    return { deltas: deltas.sort((a, b) => a - b), frames: times.length };
  }, steps);
}

function summary(what: string, { deltas, frames }: Frames): string {
  const at = (share: number) => deltas[Math.min(deltas.length - 1, Math.floor(deltas.length * share))]!.toFixed(1);
  return `${what}: ${frames} frames, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms`;
}

/** What the map says of itself: `311`. */
async function tokensOf(page: Page): Promise<string> {
  const name = await page.getByRole('application', { name: /^Attention of/ }).getAttribute('aria-label');
  return /, (\d+) by/.exec(name ?? '')?.[1] ?? '?';
}

async function measured(page: Page, what: string): Promise<readonly string[]> {
  const lines = [`${what}, ${await tokensOf(page)} tokens, ${page.viewportSize()?.width ?? 0} px wide:`];
  for (const drawing of ['canvas', 'webgl'] as const) {
    await command(page, `view.drawing.${drawing}`);
    // Another head: none of its tiles is here.
    await page.evaluate(() => window.__headscope.run('head.next'));
    lines.push(summary(`${drawing}, while computing`, await move(page, 180)));
    await idle(page);
    lines.push(summary(`${drawing}, tiles cached`, await move(page, 180)));
    await idle(page);
  }
  return lines;
}

const read = (path: string) => readFileSync(new URL(`../../resources/${path}`, import.meta.url), 'utf8');

test('frame times while the map moves', async ({ app }, { annotations }) => {
  const examples = JSON.parse(read('model/examples.json')) as { id: string; text: string }[];
  const longest = examples.reduce((best, example) => (example.text.length > best.text.length ? example : best));
  await app.getByRole('combobox', { name: 'Example prompts' }).selectOption(longest.id);
  await idle(app);
  const lines = [...(await measured(app, `Example “${longest.id}”`))];

  await app.getByRole('radio', { name: 'Edit' }).click();
  // Nearly all that the model reads.
  await app.getByRole('textbox', { name: 'Prompt text' }).fill(read('tasks/haystack.txt').slice(0, 2900));
  await app.getByRole('button', { name: 'Run', exact: true }).first().click();
  await idle(app);
  lines.push(...(await measured(app, 'Long prompt')));
  const text = lines.join('\n  ');
  console.log(text);
  annotations.push({ type: 'measured', description: text });
  expect(lines).toHaveLength(10);
});
