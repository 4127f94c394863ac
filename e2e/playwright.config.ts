import { defineConfig } from '@playwright/test';
import { findChromium } from './support/find-chromium.ts';

const executablePath = findChromium();
const isCi = process.env['CI'] !== undefined;
const isRoot = process.getuid?.() === 0;

/** `host` needs no browser, `chromium` any Chromium, `electron` Electron's runtime and a display. */
export default defineConfig({
  testDir: '.',
  outputDir: '../test-results/browser',
  // One page at a time may hold a host, and the engine uses every core.
  workers: 1,
  forbidOnly: isCi,
  // A busy machine can make one test of a hundred late. What passes at a second try only is told at the end.
  retries: isCi ? 2 : 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: '../test-results/playwright.json' }], ['./support/skip-reporter.ts']],
  projects: [
    { name: 'host', testMatch: 'host/*.spec.ts' },
    {
      name: 'chromium',
      testMatch: 'browser/*.spec.ts',
      use: {
        viewport: { width: 1440, height: 900 },
        locale: 'en-GB',
        timezoneId: 'UTC',
        trace: 'retain-on-failure',
        screenshot: 'only-on-failure',
        launchOptions: {
          ...(executablePath === undefined ? {} : { executablePath }),
          args: [
            ...(isRoot ? ['--no-sandbox'] : []),
            '--disable-gpu',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            '--no-first-run',
          ],
        },
      },
    },
    { name: 'electron', testMatch: 'electron/*.spec.ts' },
  ],
});
