import { afterAll, describe, expect, it } from 'vitest';
import { randomCapture } from '../testing/random-capture.ts';
import { readRegion } from './read-region.ts';
import { ScoreReader } from './score-blocks.ts';

const signal = new AbortController().signal;
const { architecture, capture } = await randomCapture({ tokens: 120, window: 50, seed: 3 });
const reader = new ScoreReader(architecture, 1);
afterAll(() => reader.dispose());
const whole = { layer: 0, head: 1, rowStart: 0, rowEnd: 120, keyStart: 0, keyEnd: 120 };
const p = (query: number, key: number) => reader.probability(capture, 0, 1, query, key);

describe('readRegion', () => {
  it('holds mass 1 a query and the columns over the whole map', async () => {
    const { cells, queryMass, keyMass } = await readRegion(reader, capture, whole, signal);
    expect(cells).toBe((50 * 51) / 2 + 70 * 50);
    for (const mass of queryMass) expect(mass).toBeCloseTo(1, 5);
    keyMass.forEach((mass, key) => expect(mass).toBeCloseTo(capture.layers[0]!.columnSum[120 + key]!, 4));
  });

  it('agrees with single cells, and lists the strongest', async () => {
    const region = { ...whole, rowStart: 60, rowEnd: 75, keyStart: 8, keyEnd: 70 };
    const { cells, queryMass, keyMass, top } = await readRegion(reader, capture, region, signal);
    const all: { query: number; key: number; probability: number }[] = [];
    for (let query = 60; query < 75; query++) {
      for (let key = 8; key < 70; key++) {
        if (key <= query && query - key < 50) all.push({ query, key, probability: p(query, key) });
      }
    }
    expect(cells).toBe(all.length);
    const sum = (of: typeof all) => of.reduce((total, cell) => total + cell.probability, 0);
    expect(queryMass[3]).toBeCloseTo(sum(all.filter(({ query }) => query === 63)), 5);
    expect(keyMass[40]).toBeCloseTo(sum(all.filter(({ key }) => key === 48)), 5);
    all.sort((a, b) => b.probability - a.probability);
    expect(top.map(({ query, key }) => [query, key])).toEqual(all.slice(0, 24).map(({ query, key }) => [query, key]));
    expect(top[0]!.probability).toBeCloseTo(all[0]!.probability, 6);
  });

  it('is empty in the future, and refuses what is no rectangle', async () => {
    const future = await readRegion(reader, capture, { ...whole, rowEnd: 10, keyStart: 20, keyEnd: 30 }, signal);
    expect(future).toMatchObject({ cells: 0, top: [] });
    for (const bad of [{ rowStart: 5, rowEnd: 5 }, { keyEnd: 121 }]) {
      await expect(readRegion(reader, capture, { ...whole, ...bad }, signal)).rejects.toMatchObject({
        code: 'bad-request',
      });
    }
  });
});
