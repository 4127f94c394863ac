import { expect, it } from 'vitest';
import { matrixSpeed } from './measure-speed.ts';

it('measures a speed that a machine can have, once', async () => {
  const speed = await matrixSpeed(1);
  // From 0.1 to 100,000 GFLOP/s.
  expect(speed).toBeGreaterThan(1e5);
  expect(speed).toBeLessThan(1e11);
  expect(await matrixSpeed(1)).toBe(speed);
});
