import { expect, it } from 'vitest';
import { createExclusive } from './exclusive.ts';

it('does one thing at a time, in order, and goes on after a failure', async () => {
  const exclusive = createExclusive();
  const log: string[] = [];
  const work = (name: string, fails = false) =>
    exclusive(async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([work('a'), work('b', true), work('c')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});
