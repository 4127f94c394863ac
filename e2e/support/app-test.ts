/** The test function of the browser specs: a real host, and a page that is watched for errors. */
import { test as base, type Page } from '@playwright/test';
import { findChromium } from './find-chromium.ts';
import { startHost, type RunningHost } from './web-host.ts';

declare global {
  interface Window {
    readonly __headscope: { idle(): Promise<void>; run(command: string, argument?: string): boolean };
  }
}

interface Fixtures {
  /** A page on the host, at rest with the shipped model open. */
  readonly app: Page;
  /** What the page reported as errors so far; checked to be empty at the end. Specs that provoke errors empty it. */
  readonly pageErrors: string[];
  readonly chromiumRequired: undefined;
}

export const test = base.extend<Fixtures, { readonly host: RunningHost }>({
  host: [
    async ({}, use) => {
      const host = await startHost();
      await use(host);
      await host.stop();
    },
    { scope: 'worker' },
  ],
  pageErrors: [
    async ({ page }, use) => {
      const errors = watchErrors(page);
      await use(errors);
      base.expect(errors, 'errors reported by the page').toEqual([]);
    },
    { auto: true },
  ],
  app: async ({ page, host }, use) => {
    await page.goto(host.url);
    await idle(page);
    await use(page);
  },
  chromiumRequired: [
    async ({}, use, info) => {
      if (findChromium() === undefined) {
        info.skip(true, 'No Chromium was found: set CHROMIUM_PATH, or install one (Debian: apt install chromium).');
      }
      await use(undefined);
    },
    { auto: true },
  ],
});

export { expect } from '@playwright/test';

/** Collects what a page reports as an error: exceptions, console errors, violations of its policy. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}

/** Waits until the page is at rest: nothing asked for, nothing left to draw. */
export async function idle(page: Page): Promise<void> {
  await page.waitForFunction(() => '__headscope' in window);
  await page.evaluate(() => window.__headscope.idle());
}

/** Does by name what a person could do by menu, key or button. */
export async function command(page: Page, id: string, argument?: string): Promise<void> {
  await page.evaluate(([name, value]) => window.__headscope.run(name, value), [id, argument] as const);
  await idle(page);
}
