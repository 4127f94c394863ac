import { expect, it } from 'vitest';
import { inLanes } from './in-lanes.ts';

const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

it('does everything once, in order, no more at a time than there are lanes', async () => {
  for (const lanes of [1, 2, 9]) {
    const begun: number[] = [];
    let open = 0;
    let most = 0;
    await inLanes(5, lanes, async (at) => {
      begun.push(at);
      most = Math.max(most, ++open);
      for (let pauses = 0; pauses < (at % 3) + 1; pauses++) await pause();
      open -= 1;
    });
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(Math.min(lanes, 5));
  }
  await inLanes(0, 2, () => Promise.reject(new Error('never')));
});

it('leaves nothing running behind an error, and begins nothing after it', async () => {
  const ended: number[] = [];
  const work = inLanes(6, 2, async (at) => {
    await pause();
    if (at === 1) throw new Error('stop');
    await pause();
    ended.push(at);
  });
  await expect(work).rejects.toThrow('stop');
  expect(ended).toEqual([0]);
});
