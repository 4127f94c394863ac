import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScoreParameters } from '../../shared/model/score.ts';
import { hiddenSinks } from './hidden-sinks.ts';
import type { LayerPass } from './layer-pass.ts';
import { outputNorm } from './output-norm.ts';
import type { Score, ScoreContext } from './score.ts';
import { sinkCosine } from './sink-cosine.ts';
import { sinkEffective } from './sink-effective.ts';
import { sinkImportance } from './sink-importance.ts';
import { valueDrain } from './value-drain.ts';

type Rows = readonly (readonly number[])[];

interface Given {
  /** A map a head. */
  readonly maps: readonly Rows[];
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly window?: number | null;
  readonly q?: readonly number[];
  readonly k?: readonly number[];
  readonly v?: readonly number[];
}

function contextOf({ maps, kvHeads = 1, headDim = 1, window = null, q = [], k = [], v = [] }: Given): ScoreContext {
  const tokens = maps[0]!.length;
  const columnSum = Float64Array.from(
    maps.flatMap((rows) => rows.map((_, key) => rows.reduce((sum, row) => sum + (row[key] ?? 0), 0))),
  );
  const arrays = { q: Float32Array.from(q), k: Float32Array.from(k), v: Float32Array.from(v) };
  return {
    capture: { tokens, ids: new Int32Array(tokens), layers: [{ columnSum, ...arrays }] },
    architecture: { layers: 1, heads: maps.length, kvHeads, headDim, slidingWindow: [window] },
    probability: (_layer: number, head: number, row: number, key: number) => maps[head]![row]![key] ?? 0,
  } as unknown as ScoreContext;
}

async function valueOf(
  score: Score,
  context: ScoreContext,
  head = 0,
  parameters: ScoreParameters = {},
  pass: LayerPass = {},
): Promise<number> {
  const defaults = Object.fromEntries(score.info.parameters.map(({ id, default: value }) => [id, value!]));
  const used = { ...defaults, ...parameters };
  expect(score.notApplicable(context, used)).toBeNull();
  return score.compute(context, 0, head, used, pass, () => Promise.resolve());
}

/** p of one key by row, [heads, rows]. */
function columnOf(maps: readonly Rows[], key: number): Float32Array {
  return Float32Array.from(maps.flatMap((rows) => rows.map((row) => row[key] ?? 0)));
}

function mapOf(tokens: number, keyOf: (row: number) => number): number[][] {
  return Array.from({ length: tokens }, (_, row) =>
    Array.from({ length: tokens }, (_key, key) => (key === keyOf(row) ? 1 : 0)),
  );
}

function uniformMap(tokens: number, window: number | null): number[][] {
  return Array.from({ length: tokens }, (_, row) => {
    const visible = Math.min(row + 1, window ?? tokens);
    return Array.from({ length: tokens }, (_key, key) => (key <= row && row - key < visible ? 1 / visible : 0));
  });
}

/** The hand-checked map of four tokens. */
const TOY = [[1], [0.4, 0.6], [0.1, 0.7, 0.2], [0.2, 0.3, 0.4, 0.1]];

describe('sink importance', () => {
  it('gives the hand-checked values at every position', async () => {
    const context = contextOf({ maps: [TOY] });
    for (const [position, expected] of [0.425, 1.6 / 3, 0.3, 0.1].entries()) {
      expect(await valueOf(sinkImportance, context, 0, { position })).toBeCloseTo(expected, 12);
    }
  });

  it('gives the oracle heads .1538 (previous token), 1 (sink) and .5385 (rests in the first copy)', async () => {
    const maps = [
      mapOf(13, (row) => Math.max(0, row - 1)),
      mapOf(13, () => 0),
      mapOf(13, (row) => (row >= 7 ? row - 5 : 0)),
    ];
    const context = contextOf({ maps });
    for (const [head, expected] of [0.1538, 1, 0.5385].entries()) {
      expect(await valueOf(sinkImportance, context, head)).toBeCloseTo(expected, 4);
    }
  });

  it('needs the position to be there', () => {
    const context = contextOf({ maps: [TOY] });
    expect(sinkImportance.notApplicable(context, { position: 4 })).toMatch(/at least 5 tokens/);
  });
});

describe('hidden sinks', () => {
  /** Rests on `sink` with this much, the rest on itself. */
  const resting = (tokens: number, sink: number, mass: number) =>
    Array.from({ length: tokens }, (_, row) =>
      Array.from({ length: tokens }, (_key, key) =>
        row < sink ? Number(key === row) : (key === sink ? mass : 0) + (key === row ? 1 - mass : 0),
      ),
    );

  it('is the mass on sinks past the first position, none on position 0 and none on late ones', async () => {
    expect(await valueOf(hiddenSinks, contextOf({ maps: [mapOf(40, () => 0)] }))).toBe(0);
    expect(await valueOf(hiddenSinks, contextOf({ maps: [resting(40, 30, 0.9)] }))).toBe(0);
    // Row 10 has all its mass there, the 29 after it 0.9 each.
    const hidden = await valueOf(hiddenSinks, contextOf({ maps: [resting(40, 10, 0.9)] }));
    expect(hidden).toBeCloseTo((1 + 29 * 0.9) / 39, 12);
  });

  it('counts only keys over the threshold', async () => {
    const context = contextOf({ maps: [resting(40, 10, 0.2)] });
    expect(await valueOf(hiddenSinks, context)).toBeCloseTo((1 + 29 * 0.2) / 39, 12);
    expect(await valueOf(hiddenSinks, context, 0, { threshold: 0.3 })).toBe(0);
    expect(await valueOf(hiddenSinks, context, 0, { rows: 30 })).toBeCloseTo((1 + 29 * 0.2) / 39, 12);
    expect(await valueOf(hiddenSinks, context, 0, { rows: 31 })).toBe(0);
  });
});

describe('value drain', () => {
  it('gives the hand-checked ratio: norms .1, 2, 2.5, 1.5 at a sink on position 0 are .05', async () => {
    const context = contextOf({ maps: [mapOf(4, () => 0)], v: [0.1, 2, -2.5, 1.5] });
    expect(await valueOf(valueDrain, context)).toBeCloseTo(0.05, 7);
  });

  it('is one number for all heads of a KV group, at the sink that they rest on together', async () => {
    const tokens = 40;
    const maps = [mapOf(tokens, () => 0), mapOf(tokens, (row) => Math.min(row, 3)), mapOf(tokens, () => 0)];
    const v = Array.from({ length: tokens * 2 }, (_, i) => 1 + (i % 7));
    // Two heads a group: the second group's heads rest on 0 too.
    const context = contextOf({ maps: [...maps, maps[2]!], kvHeads: 2, v });
    const values = [];
    for (let head = 0; head < 4; head++) values.push(await valueOf(valueDrain, context, head));
    expect(values[1]).toBe(values[0]);
    expect(values[3]).toBe(values[2]);
    expect(values[0]).not.toBe(values[2]);
    // The first group's heads have 40 and 4 rows on 0, none and 36 of 37 on 3: together they rest on 0.
    const norms = v.filter((_, i) => i % 2 === 0);
    const others = (norms.reduce((sum, value) => sum + value, 0) - norms[0]!) / (tokens - 1);
    expect(values[0]).toBeCloseTo(norms[0]! / others, 6);
  });
});

describe('cosine at the sink', () => {
  it('gives the hand-checked directions: (3, 4) along (.6, .8), across (4, -3)', async () => {
    const maps = [mapOf(2, () => 0)];
    const q = [3, 4, 3, 4];
    const along = contextOf({ maps, headDim: 2, q, k: [0.6, 0.8, 0, 0] });
    const across = contextOf({ maps, headDim: 2, q, k: [4, -3, 0, 0] });
    expect(await valueOf(sinkCosine, along)).toBeCloseTo(1, 6);
    expect(await valueOf(sinkCosine, across)).toBeCloseTo(0, 12);
  });
});

describe('norm-weighted sink mass', () => {
  it('gives the hand-checked shares: .425 .533 .3 .1 with norms .1 2 2.5 1.5 are .021 .531 .373 .075', async () => {
    const row = [0.425, 1.6 / 3, 0.3, 0.1];
    const norms = [0.1, 2, 2.5, 1.5];
    const weighted = row.reduce((sum, p, key) => sum + p * norms[key]!, 0);
    // Only the last row writes.
    const pass = {
      valueNorms: Float32Array.from([...norms, 1]),
      valueWeighted: Float32Array.from([0, 0, 0, 0, weighted]),
    };
    const maps = [[[], [], [], [], row]];
    for (const [position, expected] of [0.021, 0.531, 0.373, 0.075].entries()) {
      const column = columnOf(maps, position);
      expect(await valueOf(sinkEffective, contextOf({ maps }), 0, { position }, { ...pass, column })).toBeCloseTo(
        expected,
        3,
      );
    }
  });

  it('weighs by what is written, or by the value itself', () => {
    const context = contextOf({ maps: [TOY] });
    expect(sinkEffective.needs!(context, { position: 0, space: 0 })).toEqual({ valueWeighted: 'written', column: 0 });
    expect(sinkEffective.needs!(context, { position: 2, space: 1 })).toEqual({ valueWeighted: 'head', column: 2 });
  });

  it('is the attention itself where all values weigh alike, and not defined where none weighs anything', async () => {
    const context = contextOf({ maps: [TOY] });
    const column = columnOf([TOY], 0);
    const alike = { column, valueNorms: new Float32Array(4).fill(2), valueWeighted: new Float32Array(4).fill(2) };
    expect(await valueOf(sinkEffective, context, 0, {}, alike)).toBeCloseTo((0.4 + 0.1 + 0.2) / 3, 7);
    const nothing = { column, valueNorms: new Float32Array(4), valueWeighted: new Float32Array(4) };
    expect(await valueOf(sinkEffective, context, 0, {}, nothing)).toBeNaN();
  });
});

describe('output norm', () => {
  it('gives the hand-checked norms .2, 1, 1.8 over their mean, 1', async () => {
    const context = contextOf({ maps: [TOY, TOY, TOY] });
    const outputNorms = Float32Array.from([0.2, 1, 1.8].flatMap((norm) => [norm, norm, 0, 2 * norm]));
    for (const [head, expected] of [0.2, 1, 1.8].entries()) {
      expect(await valueOf(outputNorm, context, head, {}, { outputNorms })).toBeCloseTo(expected, 6);
    }
  });

  it('averages to 1 over the heads of a layer, and is not defined where none writes', async () => {
    const context = contextOf({ maps: [TOY, TOY] });
    const norms = fc.array(fc.float({ min: 0, max: 9, noNaN: true }), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(norms, async (values) => {
        const pass = { outputNorms: Float32Array.from(values) };
        const both = [await valueOf(outputNorm, context, 0, {}, pass), await valueOf(outputNorm, context, 1, {}, pass)];
        if (values.every((value) => value === 0)) expect(both).toEqual([NaN, NaN]);
        else expect(both[0]! + both[1]!).toBeCloseTo(2, 9);
      }),
    );
  });
});

describe('floors', () => {
  it('are what uniform attention gets, window or not', async () => {
    const tokens = fc.integer({ min: 32, max: 70 });
    const window = fc.option(fc.integer({ min: 1, max: 80 }));
    const threshold = fc.double({ min: 0, max: 0.3, noNaN: true });
    await fc.assert(
      fc.asyncProperty(tokens, window, fc.nat(31), threshold, async (n, keys, position, over) => {
        const context = contextOf({ maps: [uniformMap(n, keys)], window: keys });
        for (const [score, parameters] of [
          [sinkImportance, { position }],
          // Not at the thresholds themselves, which rounding decides.
          [hiddenSinks, { threshold: over + 1e-9, rows: 16 }],
        ] as const) {
          const floor = score.floor!(context, parameters);
          expect(await valueOf(score, context, 0, parameters)).toBeCloseTo(floor, 9);
        }
      }),
      { numRuns: 60 },
    );
  });
});
