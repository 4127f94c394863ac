// Adds up what vitest and Playwright report, and refuses runs without browser tests. Prints `N passed, N failed` last.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const read = (name) => {
  try {
    return JSON.parse(readFileSync(fileURLToPath(new URL(`../../test-results/${name}`, import.meta.url)), 'utf8'));
  } catch {
    return undefined;
  }
};

const unit = read('vitest.json');
const browser = read('playwright.json');
let passed = 0;
let failed = 0;

if (unit) {
  passed += unit.numPassedTests;
  // A file that cannot be loaded fails without a test.
  failed += Math.max(unit.numFailedTests, unit.success ? 0 : 1);
} else {
  console.log('The unit tests left no report.');
  failed += 1;
}

if (browser) {
  passed += browser.stats.expected + browser.stats.flaky;
  failed += browser.stats.unexpected + browser.errors.length;
  const skipped = specs(browser.suites).filter(({ tests }) =>
    tests.some((test) => test.projectName === 'chromium' && test.status === 'skipped'),
  );
  const flaky = specs(browser.suites).filter(({ tests }) => tests.some(({ status }) => status === 'flaky'));
  if (flaky.length > 0) {
    console.log('Passed only when tried again:');
    for (const { file, title } of flaky) console.log(`  ${file}: ${title}`);
  }
  if (skipped.length > 0) {
    console.log(`${skipped.length} browser tests were skipped; they count as failed here.`);
    failed += skipped.length;
  }
} else {
  console.log('The browser tests left no report.');
  failed += 1;
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function specs(suites) {
  return suites.flatMap((suite) => [...suite.specs, ...specs(suite.suites ?? [])]);
}
