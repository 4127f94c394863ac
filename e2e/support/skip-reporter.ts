import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** Says at the very end, where nobody overlooks it, what was not tested and why. */
export default class SkipReporter implements Reporter {
  private readonly skipped = new Map<string, number>();

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status !== 'skipped') return;
    const reason = test.annotations.find(({ type }) => type === 'skip')?.description ?? 'no reason given';
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }

  onExit(): Promise<void> {
    const lines = [...this.skipped].map(([reason, count]) => `  ${count} not run: ${reason}`);
    if (lines.length > 0) console.log(['', '!'.repeat(80), 'SKIPPED TESTS', ...lines, '!'.repeat(80)].join('\n'));
    return Promise.resolve();
  }
}
