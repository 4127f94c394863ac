import { describe, expect, it } from 'vitest';
import type { SinkReport } from '../../model/sinks.ts';
import {
  chosenColumn,
  onset,
  residualNormAt,
  restingHeads,
  shareAt,
  sinkColumns,
  sinkLayers,
} from './sink-readings.ts';

const SHAPE = { layers: 2, heads: 2, kvHeads: 1 };
const f32 = (...values: number[]) => Float32Array.from(values);

/** Two layers of two heads; three of the four rest on key 5, one of them on key 0. */
const REPORT: SinkReport = {
  threshold: 0.3,
  share: f32(0, 0, 0, 0, 0, 1, 0.5, 0, 0, 0, 0, 0.5),
  rate: f32(0.25, 0, 0, 0, 0, 0.75),
  floor: 0.4,
  leastRows: 16,
  positions: Int32Array.of(5, 0),
  importance: f32(0.9, 0.4, 0.1, 0.5, 0, 0.1, 0.8, 0.2),
  valueDrain: f32(0.1, 0.2, 1, 2),
  valueNorm: f32(1, 3, 4, 4),
  keyNorm: f32(6, 2, 3, 3),
  meanValueNorm: f32(2, 6),
  meanKeyNorm: f32(3, 4),
  cosine: f32(0.5, 0.7, 0.1, 0.3, 0, 0, 0, 0),
  residualNorm: f32(1, 10, 12, 2, 2, 3),
  meanResidualNorm: f32(1, 2, 3),
  massive: [],
  largest: [],
};

describe('readings of a sink report', () => {
  it('have their positions in the order of the prompt, and begin with the one that most heads rest on', () => {
    expect(sinkColumns(REPORT).map(({ position, rate }) => [position, rate])).toEqual([
      [0, 0.25],
      [5, 0.75],
    ]);
    expect(chosenColumn(REPORT, undefined)?.position).toBe(5);
    expect(chosenColumn(REPORT, 0)?.position).toBe(0);
    expect(chosenColumn(REPORT, 3)?.position).toBe(5);
    expect(chosenColumn({ ...REPORT, positions: new Int32Array() }, 3)).toBeUndefined();
  });

  it('name the heads that rest, strongest first, and those over the threshold alone', () => {
    const [first, fifth] = sinkColumns(REPORT);
    expect(restingHeads(REPORT, fifth!, SHAPE).map(({ layer, head }) => [layer, head])).toEqual([
      [0, 0],
      [1, 1],
      [0, 1],
    ]);
    expect(restingHeads(REPORT, first!, SHAPE).map(({ layer, head }) => [layer, head])).toEqual([[1, 0]]);
    expect(shareAt(REPORT, 0, 5)).toBe(1);
    expect(shareAt(REPORT, 1, 5)).toBe(0.5);
  });

  it('say by layer what makes the sink', () => {
    const [low, high] = sinkLayers(REPORT, chosenColumn(REPORT, 5)!, SHAPE);
    expect(low).toMatchObject({ layer: 0, resting: 2, valueNorm: 0.5, keyNorm: 2 });
    expect(low!.valueDrain).toBeCloseTo(0.1, 6);
    expect(low!.cosine).toBeCloseTo(0.6, 6);
    expect(high).toMatchObject({ layer: 1, resting: 1, valueNorm: 0.5, keyNorm: 0.5 });
  });

  it('find where the residual grows most', () => {
    const norms = residualNormAt(REPORT, chosenColumn(REPORT, 5)!, 2);
    expect([...norms]).toEqual([1, 10, 12]);
    expect(onset(norms)).toEqual({ layer: 1, factor: 10 });
    expect(onset(f32(0, 0))).toBeUndefined();
  });
});
