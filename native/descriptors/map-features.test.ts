import { describe, expect, it } from 'vitest';
import { distanceBin, LOCAL_WIDTHS } from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { mapFeatures, type MapSource } from './map-features.ts';
import { diagonalSums, meanBlockMaximum, strongestShare } from './pooled-energies.ts';

const go = () => Promise.resolve();

/** The hand-checked map of four tokens. */
const TOY = [[1], [0.4, 0.6], [0.1, 0.7, 0.2], [0.2, 0.3, 0.4, 0.1]];

/** What the kernel keeps of a map of at most 256 tokens, whose pooled form is the map itself. */
function captureOf(map: readonly (readonly number[])[], ids: readonly number[]): Capture {
  const tokens = map.length;
  const distance = new Float64Array(32);
  const columnSum = new Float64Array(tokens);
  map.forEach((row, i) =>
    row.slice(0, i + 1).forEach((p, j) => {
      distance[distanceBin(i - j)]! += p;
      columnSum[j]! += p;
    }),
  );
  const entropy = map.map((row) => row.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0));
  const localMass = LOCAL_WIDTHS.flatMap((width) =>
    map.map((row, i) => row.reduce((sum, p, j) => sum + (j <= i && i - j < width ? p : 0), 0)),
  );
  const triangle = map.flatMap((row, i) => Array.from({ length: i + 1 }, (_, j) => row[j] ?? 0));
  const layer = {
    entropy: Float32Array.from(entropy),
    localMass: Float32Array.from(localMass),
    distance,
    columnSum,
    poolSum: Float32Array.from(triangle),
    poolMax: Float32Array.from(triangle),
  };
  return { tokens, ids: Int32Array.from(ids), layers: [layer] } as unknown as Capture;
}

async function featuresOf(source: MapSource): Promise<Record<string, number[]>> {
  const features = await mapFeatures(source, go);
  return Object.fromEntries(features.map(({ name, values }) => [name, [...values]]));
}

describe('mapFeatures', () => {
  it('gives the hand-checked descriptors of the toy map', async () => {
    const features = await featuresOf({
      capture: captureOf(TOY, [0, 5, 6, 5]),
      architecture: { layers: 1, heads: 1, slidingWindow: [null] },
      probability: (_layer, _head, row, key) => TOY[row]![key] ?? 0,
      delimiters: Uint8Array.from([1, 0, 1, 0]),
    });
    expect(features['sink mass']![0]).toBeCloseTo(0.2333, 4);
    expect(features['self']![0]).toBeCloseTo(0.475, 12);
    expect(features['previous']![0]).toBeCloseTo(0.5, 12);
    expect(features['normalised entropy']![0]).toBeCloseTo(0.8747, 4);
    // Slash sums 1.9 1.5 .4 .2, vertical sums 1.7 1.6 .6 .1.
    expect(features['strongest diagonals']![0]).toBeCloseTo(3.8 / 4, 6);
    expect(features['strongest columns']![0]).toBeCloseTo(3.9 / 4, 12);
    expect(features['strongest blocks']![0]).toBe(1);
    // Of distances 2 to 3 there are .1, .2 on key 0, which is the sink, and .3.
    expect(features['distance 2']![0]).toBeCloseTo(0.3 / 4, 12);
    expect(features['distance 4']![0]).toBe(0);
    expect(features['delimiters']![0]).toBeCloseTo(0.6 / 4, 12);
    expect(features['first occurrences']![0]).toBeCloseTo(2.2 / 4, 12);
  });

  it('gives a pure sink head no mass at any distance but the nearest', async () => {
    const tokens = 100;
    const map = Array.from({ length: tokens }, (_, row) =>
      Array.from({ length: row + 1 }, (_key, key) => +(key === 0)),
    );
    const features = await featuresOf({
      capture: captureOf(
        map,
        Array.from({ length: tokens }, (_, i) => i),
      ),
      architecture: { layers: 1, heads: 1, slidingWindow: [null] },
      probability: (_layer, _head, _row, key) => +(key === 0),
      delimiters: new Uint8Array(tokens),
    });
    expect(features['sink mass']).toEqual([1]);
    for (const [name, [value]] of Object.entries(features)) {
      if (name.startsWith('distance')) expect([name, value]).toEqual([name, 0]);
    }
  });

  it('agrees with whole maps, window or not, pooled or not', async () => {
    for (const [tokens, window] of [
      [60, null],
      [60, 11],
      [300, null],
    ] as const) {
      const { architecture, capture } = await randomCapture({ tokens, heads: 2, kvHeads: 1, window, seed: 6 });
      const reader = new ScoreReader(architecture, 1);
      const probability: MapSource['probability'] = (...cell) => reader.probability(capture, ...cell);
      const delimiters = Uint8Array.from({ length: tokens }, (_, i) => Number(i % 5 === 0));
      const features = await featuresOf({ capture, architecture, probability, delimiters });
      for (const head of [0, 1]) {
        const far = { 'distance 2': 0, 'distance 16': 0, 'distance 256 and over': 0 };
        let [separators, sink, near] = [0, 0, 0];
        for (let i = 0; i < tokens; i++) {
          for (let j = 0; j <= i; j++) {
            const p = probability(0, head, i, j) / tokens;
            if (i - j < 8) near += p;
            if (j === 0) {
              if (i > 0) sink += (p * tokens) / (tokens - 1);
              continue;
            }
            if (delimiters[j] === 1) separators += p;
            if (i - j >= 2 && i - j < 4) far['distance 2'] += p;
            if (i - j >= 16 && i - j < 32) far['distance 16'] += p;
            if (i - j >= 256) far['distance 256 and over'] += p;
          }
        }
        for (const [name, mass] of Object.entries(far)) expect(features[name]![head]).toBeCloseTo(mass, 5);
        expect(features['delimiters']![head]).toBeCloseTo(separators, 5);
        expect(features['sink mass']![head]).toBeCloseTo(sink, 5);
        expect(features['local 8']![head]).toBeCloseTo(near, 5);
      }
      await reader.dispose();
    }
  });
});

describe('pooled energies', () => {
  it('sum diagonals to the hand-checked 1.9, 1.5, .4, .2', () => {
    const { poolSum } = captureOf(TOY, [0, 1, 2, 3]).layers[0]!;
    const sums = diagonalSums(poolSum, 0, 4);
    [1.9, 1.5, 0.4, 0.2].forEach((expected, offset) => expect(sums[offset]).toBeCloseTo(expected, 6));
  });

  it('take the strongest three', () => {
    expect(strongestShare(Float64Array.from([1, 5, 2, 7, 3]), 10)).toBe(1.5);
    expect(strongestShare(Float64Array.from([4]), 8)).toBe(0.5);
  });

  it('average the largest p of causal blocks of 8 cells', () => {
    // 20 tokens are three blocks a side, six of them causal.
    const cells = (20 * 21) / 2;
    const poolMax = new Float32Array(cells);
    const at = (row: number, key: number) => (row * (row + 1)) / 2 + key;
    poolMax[at(3, 1)] = 0.5;
    poolMax[at(5, 5)] = 0.75;
    poolMax[at(9, 7)] = 1;
    poolMax[at(19, 16)] = 0.25;
    expect(meanBlockMaximum(poolMax, 0, 20)).toBeCloseTo((0.75 + 1 + 0.25) / 6, 12);
  });
});
