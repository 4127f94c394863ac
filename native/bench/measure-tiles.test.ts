import { expect, it } from 'vitest';
import { loadAddon } from '../attention/load-addon.ts';
import { measureTiles } from './measure-tiles.ts';

const addon = `${import.meta.dirname}/../../out/addon/attention.node`;

it('times tiles of every level below the coarsest, and a pass over the map', async () => {
  const job = { kind: 'tiles', lengths: [600], threads: 1, addon } as const;
  const measured = await measureTiles(job, () => undefined);
  if (loadAddon(addon).addon === null) {
    expect(measured).toHaveProperty('notRun');
    return;
  }
  if ('notRun' in measured) throw new Error(measured.notRun);
  expect(measured.rows.map(({ what, tokens }) => [tokens, what])).toEqual([
    [600, 'level 0'],
    [600, 'level 1'],
    [600, 'one pass, all coarser levels'],
  ]);
  for (const { ms } of measured.rows) expect(ms.every((each) => each > 0)).toBe(true);
});

it('says why it cannot', async () => {
  const job = { kind: 'tiles', lengths: [600], threads: 1, addon: '' } as const;
  expect(await measureTiles(job, () => undefined)).toMatchObject({ notRun: /not built/ });
});
