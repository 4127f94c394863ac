import { describe, expect, it } from 'vitest';
import { toUnit } from '../../colour/value-scale.ts';
import { legendTicks, logFloor, mapColours, openEnds, type ColourQuestion } from './map-colours.ts';

const question: ColourQuestion = {
  value: 'probability',
  reducer: 'max',
  scale: 'log',
  gamma: 1,
  excludeSinks: false,
  theme: 'dark',
  shown: [0, 0.42],
  overview: [0, 0.42],
};

describe('colours of the map', () => {
  it('reaches down to uniform attention on a log scale, however long the prompt', () => {
    const floors = [1, 311, 1024, 8192, 32_768, 200_000].map((tokens) => Math.round(Math.log10(logFloor(tokens))));
    expect(floors).toEqual([-4, -4, -4, -4, -5, -6]);
    for (const tokens of [1, 900, 5000, 32_768, 1e6]) expect(logFloor(tokens)).toBeLessThanOrEqual(1 / tokens);
    expect(mapColours({ ...question, tokens: 32_768 }).scale).toMatchObject({ kind: 'log', lo: 1e-5, hi: 1 });
  });

  it('has one fixed log domain for probabilities, so that heads compare', () => {
    expect(mapColours(question).scale).toMatchObject({ kind: 'log', lo: 1e-4, hi: 1, gamma: 1 });
    expect(mapColours({ ...question, shown: undefined, overview: undefined }).scale.hi).toBe(1);
  });

  it('lets the domain end at the largest value that is left without sinks', () => {
    expect(mapColours({ ...question, excludeSinks: true }).scale.hi).toBe(0.5);
  });

  it('rounds a linear domain up, so that it keeps still while tiles arrive', () => {
    expect(mapColours({ ...question, scale: 'linear' }).scale).toMatchObject({ kind: 'linear', lo: 0, hi: 0.5 });
    expect(mapColours({ ...question, scale: 'linear', shown: [0, 0.47] }).key).toBe(
      mapColours({ ...question, scale: 'linear' }).key,
    );
  });

  it('takes sums from the level that is shown: they shrink with the texel', () => {
    const sums: ColourQuestion = { ...question, reducer: 'sum', scale: 'linear', shown: [0, 1.7], overview: [0, 90] };
    expect(mapColours(sums).scale.hi).toBe(2);
  });

  it('shows lift as signed around uniform attention', () => {
    const lift = mapColours({ ...question, value: 'lift', shown: [0, 37], overview: [0, 37] });
    expect(lift.map).toBe('divergingOnDark');
    expect(toUnit(lift.scale, 1)).toBeCloseTo(0.5, 12);
    expect(mapColours({ ...question, value: 'lift', theme: 'light' }).map).toBe('divergingOnLight');
    expect(mapColours({ ...question, value: 'lift', scale: 'linear' }).map).toBe('viridis');
  });

  it('shows differences as signed around zero, on a symmetric domain', () => {
    const colours = mapColours({ ...question, isDifference: true, shown: [-0.31, 0.04], overview: [-0.31, 0.04] });
    expect(colours.map).toBe('divergingOnDark');
    expect(colours.scale).toMatchObject({ kind: 'linear', lo: -0.5, hi: 0.5, signed: true });
    const none = mapColours({ ...question, isDifference: true, shown: [0, 0], overview: [0, 0] });
    expect(none.scale.hi).toBeGreaterThan(0);
  });

  it('gives logits the range of the data', () => {
    expect(mapColours({ ...question, value: 'logit', shown: [-3.2, 11.4], overview: [1, 11.4] }).scale).toMatchObject({
      kind: 'linear',
      lo: -4,
      hi: 12,
    });
  });
});

describe('legend', () => {
  it('has log ticks and says that its low end is open', () => {
    const { scale } = mapColours(question);
    expect(legendTicks(scale, openEnds(question, scale)).map((tick) => tick.label)).toEqual([
      '≤ 10⁻⁴',
      '10⁻³',
      '0.01',
      '0.1',
      '1',
    ]);
  });

  it('has round linear ticks from end to end', () => {
    const ticks = legendTicks({ kind: 'linear', lo: 0, hi: 0.5, gamma: 1, signed: false }, { low: false, high: false });
    expect(ticks.map((tick) => tick.label)).toEqual(['0', '0.1', '0.2', '0.3', '0.4', '0.5']);
    expect(ticks.map((tick) => tick.unit)).toEqual([...ticks.map((tick) => tick.unit)].sort((a, b) => a - b));
  });

  it('moves ticks by gamma, and drops those that would run into each other', () => {
    const { scale } = mapColours({ ...question, gamma: 2.5 });
    const ticks = legendTicks(scale, { low: true, high: false });
    expect(ticks.at(-1)).toEqual({ unit: 1, label: '1' });
    expect(ticks.find((tick) => tick.label === '0.01')!.unit).toBeCloseTo(0.5 ** 2.5, 12);
    ticks.slice(1).forEach((tick, place) => {
      expect(tick.unit - ticks[place]!.unit).toBeGreaterThan(0.059);
    });
  });

  it('says when values lie above its high end', () => {
    const lift: ColourQuestion = { ...question, value: 'lift', shown: [0, 900], overview: [0, 900] };
    const { scale } = mapColours(lift);
    expect(legendTicks(scale, openEnds(lift, scale)).at(-1)!.label).toBe('≥ 100');
  });
});
