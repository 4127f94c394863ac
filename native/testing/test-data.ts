import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe } from 'vitest';

const REPOSITORY = resolve(import.meta.dirname, '..', '..');

/** Real trained models and corpora that are too large, or not ours, to stand in the repository. */
const TEST_DATA = resolve(REPOSITORY, process.env['HEADSCOPE_TEST_DATA'] ?? join('..', 'shared'));

/** A path inside the test data, whether or not it is there. */
export function testDataPath(...parts: string[]): string {
  return join(TEST_DATA, ...parts);
}

/** `describe`, skipped with a line on stderr where a folder of the test data is absent. */
export function describeWithTestData(name: string, folder: string, body: (path: string) => void): void {
  const path = testDataPath(folder);
  if (existsSync(path)) {
    describe(name, () => body(path));
    return;
  }
  process.stderr.write(
    `SKIPPED: ${name}: no test data at ${path}. Set HEADSCOPE_TEST_DATA to the folder that holds it.\n`,
  );
  describe.skip(`${name} (no test data at ${path})`, () => body(path));
}
