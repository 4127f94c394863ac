import { describe, expect, it } from 'vitest';
import { rotate } from './rotate.ts';
import { sinkAndWindow, sinkWindow } from './sink-window.ts';
import { changedOutputs, forChanged, randomLayer } from './testing/layers.ts';

const TOKENS = 24;
const PROMPT = 12;
const SINK = 2;
const WINDOW = 5;

describe('sinks at positions in the cache', () => {
  const frequencies = Float64Array.of(1, 0.1, 0.01, 0.001);
  // Before rotation; the layer has them rotated for their positions.
  const raw = randomLayer(1, { heads: 2, kvHeads: 1, tokens: TOKENS });
  const rotated = (rows: Float32Array, count: number, position: (token: number) => number) =>
    Float32Array.from(
      Array.from({ length: TOKENS * count }, (_, at) => [
        ...rotate(rows.subarray(at * 8, at * 8 + 8), position(Math.floor(at / count)), frequencies),
      ]).flat(),
    );
  const own = (token: number) => token;
  const data = { ...raw, q: rotated(raw.q, 2, own), k: rotated(raw.k, 1, own), frequencies };
  const parameters = { sink: SINK, window: WINDOW, positions: 1 };
  const request = { promptLength: PROMPT, parameters };

  it.each([
    ['before', 0],
    ['after', 1],
  ])('equal keys and queries that were rotated for their places, evicting %s the step', async (_name, eviction) => {
    const [output] = await changedOutputs(sinkWindow, [data], { ...request, parameters: { ...parameters, eviction } });
    for (let query = PROMPT; query < TOKENS; query++) {
      const keys = sinkAndWindow(SINK, WINDOW + eviction, query);
      const place = new Map(Array.from(keys, (key, at) => [key, at]));
      const inCache = (token: number) => place.get(token) ?? 0;
      const k = rotated(raw.k, 1, inCache);
      const q = rotated(raw.q, 2, inCache);
      for (let head = 0; head < 2; head++) {
        const weights = Array.from(keys, (key) => {
          let dot = 0;
          for (let d = 0; d < 8; d++) dot += q[(query * 2 + head) * 8 + d]! * k[key * 8 + d]!;
          return Math.exp(dot * raw.scale);
        });
        const sum = weights.reduce((a, b) => a + b);
        for (let d = 0; d < 8; d++) {
          const expected = weights.reduce((all, weight, i) => all + (weight / sum) * raw.v[keys[i]! * 8 + d]!, 0);
          expect(output![((query - PROMPT) * 2 + head) * 8 + d]).toBeCloseTo(expected, 4);
        }
      }
    }
  });

  it('turns nothing but the sinks, and these only once something was evicted', async () => {
    const moved: Record<number, readonly number[]> = {};
    await forChanged(sinkWindow, [data], { promptLength: 5, parameters }, (_layer, query, { k, v }) => {
      expect(v).toEqual(data.v);
      moved[query] = Array.from({ length: TOKENS }, (_, at) => at).filter((at) =>
        k.subarray(at * 8, at * 8 + 8).some((value, d) => value !== data.k[at * 8 + d]),
      );
    });
    expect([moved[5], moved[6], moved[7], moved[20]]).toEqual([[], [], [0, 1], [0, 1]]);
  });

  it('need the rotation', () => {
    const context = { layers: 1, budget: null, shared: new Map(), breathe: () => Promise.resolve() };
    const begin = () =>
      sinkWindow.begin(raw, 0, { ...context, promptLength: PROMPT, parameters: { ...parameters, eviction: 0 } });
    expect(begin).toThrow('Positions in the cache need to know how keys were rotated.');
  });
});
