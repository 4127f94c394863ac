import { describe, expect, it } from 'vitest';
import { intervalRows } from './interval-rows.ts';
import { controlText, curvePlot, dosePlot, ends, greedyPlot } from './line-plots.ts';
import { curveRecord, doseRecord, greedyRecord, randomRecord } from './testing/records.ts';

describe('results as lines', () => {
  it('of accuracy: ranked heads with bars over a band of random ones, from 0 to 1', () => {
    const { lines, x, y } = curvePlot(curveRecord());
    expect(lines.map(({ tone, interval }) => [tone, interval])).toEqual([
      ['control', 'band'],
      ['main', 'bars'],
    ]);
    expect(lines[1]!.points[2]).toEqual({ x: 2, y: 0, low: 0, high: 0.1 });
    expect([x.lo, x.hi, y.lo, y.hi]).toEqual([0, 2, 0, 1]);
    expect(x.at).toEqual([0, 1, 2]);
    expect(curvePlot({ ...curveRecord(), random: [] }).lines).toHaveLength(1);
  });

  it('of accuracy say from which heads the random ones are', () => {
    expect(controlText(curveRecord())).toMatch(/20 draws of as many heads, from those that the ranking does not begin/);
    expect(controlText({ ...curveRecord(), matched: true })).toContain('as many heads of the same layers, from');
    expect(controlText({ ...curveRecord(), random: [] })).toBe('');
  });

  it('of a dose: nothing changed is marked at factor 1, and agreement is a share', () => {
    const plot = dosePlot(doseRecord(), 'kl');
    expect([plot.upright, plot.level]).toEqual([1, 0]);
    expect(plot.lines[0]!.points.map(({ y }) => y)).toEqual([4, 1, 0, 1]);
    const agreement = dosePlot(doseRecord(), 'agreement');
    expect([agreement.level, agreement.y.lo, agreement.y.hi]).toEqual([1, 0, 1]);
  });

  it('of a greedy set: begins where nothing is changed, and names what each step adds', () => {
    const { lines } = greedyPlot(greedyRecord(), 'agreement');
    expect(lines[0]!.points.map(({ x, label }) => [x, label])).toEqual([
      [0, undefined],
      [1, 'L1H2'],
      [2, 'L0H1'],
    ]);
    expect(lines[0]!.points[0]!.y).toBe(1);
  });

  it('have ends that hold all values, also where these are alike', () => {
    expect(ends([0.1, 0.93], [0])).toEqual({ lo: 0, hi: 1 });
    expect(ends([-0.2, -0.1], [0])).toEqual({ lo: -0.2, hi: 0 });
    const { lo, hi } = ends([2, 2], []);
    expect(lo).toBeLessThan(2);
    expect(hi).toBeGreaterThan(2);
    expect(ends([NaN], [])).toEqual({ lo: 0, hi: 1 });
  });
});

it('a set beside random ones says by measure whether it is outside of their interval', () => {
  const rows = intervalRows(randomRecord());
  expect(rows.map(({ metric, isOutside }) => [metric, isOutside])).toEqual([
    ['kl', true],
    ['kl-last', true],
    ['nll', true],
    ['logit-difference', true],
    ['agreement', true],
  ]);
  for (const { lo, hi, value, draws } of rows) {
    for (const each of [value, ...draws]) expect(each >= lo && each <= hi).toBe(true);
  }
});
