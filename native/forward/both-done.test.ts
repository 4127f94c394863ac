import { expect, it } from 'vitest';
import { bothDone } from './both-done.ts';

it('answers both', async () => {
  await expect(bothDone(Promise.resolve(1), Promise.resolve('two'))).resolves.toEqual([1, 'two']);
});

it('waits for the one where the other fails', async () => {
  let ended = false;
  const slow = new Promise<void>((resolve) => {
    setImmediate(() => {
      ended = true;
      resolve();
    });
  });
  await expect(bothDone(Promise.reject(new Error('stop')), slow)).rejects.toThrow('stop');
  expect(ended).toBe(true);
  await expect(bothDone(Promise.resolve(), Promise.reject(new Error('other')))).rejects.toThrow('other');
});
