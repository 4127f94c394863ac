// @vitest-environment node
import { expect, it, vi } from 'vitest';
import type { ParamsOf, Tile } from '../../shared/contract/methods.ts';
import { isTinted } from '../../shared/view/map/map-colours.ts';
import { KeptTiles, methodSource } from './method-source.ts';

const READ = Float32Array.of(1, 0, 1, NaN);
const P = Float32Array.of(0.75, 0, 0, NaN);
const place = {
  runId: 'trace-1 probability',
  layer: 1,
  head: 2,
  level: 0,
  tileRow: 0,
  tileColumn: 0,
  value: 'probability',
  reducer: 'max',
} as const;
const { signal } = new AbortController();

function open() {
  const ask = vi.fn(async ({ value }: ParamsOf<'method.tile'>): Promise<Tile> =>
    Promise.resolve({ values: value === 'kept' ? READ : P, min: 0, max: 1 }),
  );
  const kept = new KeptTiles();
  const tile = async (value: ParamsOf<'method.tile'>['value'], change: Partial<typeof place> = {}) =>
    (await methodSource(ask, kept, 'trace-1', value).tile({ ...place, ...change }, signal)).values;
  return { ask, tile };
}

it('tints what is not read, and asks for it once for all values', async () => {
  const { ask, tile } = open();
  const found = await tile('probability');
  expect(found[0]).toBe(0.75);
  expect(isTinted(found[1]!)).toBe(true);
  expect([found[2], found[3]]).toEqual([0, NaN]);
  expect(isTinted((await tile('lost'))[0]!)).toBe(true);
  expect([...(await tile('difference'))]).toEqual([...P]);
  expect(isTinted((await tile('kept'))[1]!)).toBe(true);
  const asked = ask.mock.calls.map(([{ value }]) => value);
  expect(asked).toEqual(['probability', 'kept', 'lost', 'difference']);
  expect(ask.mock.calls[0]![0]).toMatchObject({ trace: 'trace-1', layer: 1, head: 2, reducer: 'max' });
  expect(ask.mock.calls[0]![0]).not.toHaveProperty('runId');
});

it('tells heads and places apart', async () => {
  const { ask, tile } = open();
  await tile('kept');
  await tile('kept', { head: 2 });
  expect(ask).toHaveBeenCalledTimes(1);
  await tile('kept', { tileRow: 0, level: 0, skipKeys: 4 } as Partial<typeof place>);
  expect(ask).toHaveBeenCalledTimes(2);
});
