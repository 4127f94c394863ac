import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distanceBin } from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { headProfile, readCell, tokenAttention } from './head-profile.ts';
import { ScoreReader } from './score-blocks.ts';

const breathe = () => Promise.resolve();
const tokens = 90;
const window = 40;
let capture: Capture;
let reader: ScoreReader;

beforeAll(async () => {
  const made = await randomCapture({ tokens, window, heads: 4, kvHeads: 2, seed: 5 });
  capture = made.capture;
  reader = new ScoreReader(made.architecture, 1);
});
afterAll(() => reader.dispose());

describe('head profile', () => {
  it('bins distances by powers of two', () => {
    expect([0, 1, 2, 3, 4, 7, 8, 1023, 1024].map(distanceBin)).toEqual([0, 1, 2, 2, 3, 3, 4, 10, 11]);
  });

  it('agrees with single cells: rows sum to 1, columns and distances add up', async () => {
    const head = 3;
    const p = (i: number, j: number) => reader.probability(capture, 0, head, i, j);
    const profile = await headProfile(reader, capture, { layer: 0, head }, breathe);
    const histogram = new Float64Array(profile.distance.length);
    for (let i = 0; i < tokens; i++) {
      let sum = 0;
      for (let j = 0; j < tokens; j++) {
        sum += p(i, j);
        if (j <= i) histogram[distanceBin(i - j)]! += p(i, j) / tokens;
      }
      expect(sum).toBeCloseTo(1, 5);
      expect(profile.firstToken[i]).toBeCloseTo(p(i, 0), 6);
    }
    histogram.forEach((mass, bin) => expect(profile.distance[bin]).toBeCloseTo(mass, 5));
    for (const key of [0, 10, 60, tokens - 1]) {
      const rows = Array.from({ length: tokens }, (_, i) => i).filter((i) => i >= key && i - key < window);
      const mean = rows.reduce((sum, i) => sum + p(i, key), 0) / rows.length;
      expect(profile.columnMean[key]).toBeCloseTo(mean, 5);
    }
  });

  it('gives what a token attends to and what attends to it, 0 where masked', async () => {
    const { outgoing, incoming } = await tokenAttention(reader, capture, { layer: 0, head: 1 }, 50, breathe);
    expect(outgoing.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(outgoing[50 - window]).toBe(0);
    expect(outgoing[51]).toBe(0);
    expect(incoming[49]).toBe(0);
    expect(incoming[60]).toBeCloseTo(reader.probability(capture, 0, 1, 60, 50), 7);
  });

  it('ranks a cell among the visible keys of its row', () => {
    const row = Array.from({ length: 21 }, (_, j) => reader.score(capture, 0, 2, 20, j));
    const place = { layer: 0, head: 2, query: 20, key: 0, skipKeys: 0 };
    const order = [...row.keys()].sort((a, b) => row[b]! - row[a]!);
    expect(readCell(reader, capture, { ...place, key: order[0]! })).toMatchObject({ rank: 1, visible: 21 });
    expect(readCell(reader, capture, { ...place, key: order[7]! })?.rank).toBe(8);
    expect(readCell(reader, capture, { ...place, query: 80, key: 60 })?.visible).toBe(window);
  });

  it('reads a cell among what is left of its row', () => {
    for (const query of [4, 20, 80]) {
      const { first, last } = reader.visibleKeys(0, query);
      for (const skipKeys of [1, 3]) {
        const start = Math.max(first, skipKeys);
        const keys = Array.from({ length: last - start + 1 }, (_, at) => start + at);
        const weights = keys.map((key) => Math.exp(reader.score(capture, 0, 2, query, key)));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (const [at, key] of keys.entries()) {
          const cell = readCell(reader, capture, { layer: 0, head: 2, query, key, skipKeys })!;
          expect(cell.probability).toBeCloseTo(weights[at]! / total, first > 0 ? 6 : 12);
          expect(cell.rank).toBe(1 + weights.filter((weight) => weight > weights[at]!).length);
          expect(cell.visible).toBe(keys.length);
        }
      }
    }
  });
});
