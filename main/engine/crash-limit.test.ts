import { expect, it } from 'vitest';
import { createCrashLimit } from './crash-limit.ts';

it('starts at once, then waits longer, then gives up; old crashes are forgotten', () => {
  let time = 0;
  const limit = createCrashLimit({ most: 3, windowMs: 1000, firstWaitMs: 10 }, () => time);
  expect([limit.crashed(), limit.crashed(), limit.crashed(), limit.crashed()]).toEqual([0, 10, 20, null]);
  time = 5000;
  expect(limit.crashed()).toBe(0);
  limit.crashed();
  limit.reset();
  expect(limit.crashed()).toBe(0);
});
