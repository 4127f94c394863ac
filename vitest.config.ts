import { defineConfig } from 'vitest/config';

/** Unit, property and golden tests stand beside the code; `e2e/` belongs to Playwright. */
export default defineConfig({
  test: {
    setupFiles: ['native/testing/steady-properties.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['{shared,native,main}/**/*.test.ts'],
          // Golden tests run models for seconds, and on a busy machine for minutes.
          testTimeout: 300_000,
          // ONNX Runtime sessions use every core themselves; more than two processes only fight over them.
          pool: 'forks',
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'renderer',
          environment: 'jsdom',
          include: ['renderer/**/*.test.{ts,tsx}'],
          setupFiles: ['renderer/testing/patient-queries.ts'],
          testTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
