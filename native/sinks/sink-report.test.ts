import { describe, expect, it } from 'vitest';
import { groupOf } from '../../shared/model/head-id.ts';
import type { Capture, LayerCapture } from '../capture/capture.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { sinkReport, type SinkShape } from './sink-report.ts';

const go = () => Promise.resolve();
const tokens = 48;
const [heads, kvHeads, headDim, dModel] = [4, 2, 8, 6];

/** Two layers, the second with a window, over a residual of three boundaries. */
async function twoLayers(window: number): Promise<{ capture: Capture; shape: SinkShape }> {
  const parts = await Promise.all([
    randomCapture({ tokens, heads, kvHeads, headDim, seed: 3 }),
    randomCapture({ tokens, heads, kvHeads, headDim, seed: 4, window }),
  ]);
  const resid = [1, 2, 3].map((scale) =>
    Float32Array.from({ length: tokens * dModel }, (_, i) => scale * Math.sin(i * 1.7)),
  );
  resid[1]![5 * dModel + 2] = 4000;
  const capture = { ...parts[0].capture, resid, layers: parts.map((part) => part.capture.layers[0]!) };
  return { capture, shape: { layers: 2, heads, kvHeads, headDim, dModel, slidingWindow: [null, window] } };
}

/** p(row, key) of one head in float64, straight from Q and K. */
function mapOf({ q, k }: LayerCapture, head: number, window: number | null): number[][] {
  const group = groupOf(head, heads, kvHeads);
  return Array.from({ length: tokens }, (_, row) => {
    const scores = Array.from({ length: tokens }, (_key, key) => {
      if (key > row || row - key >= (window ?? tokens)) return -Infinity;
      let dot = 0;
      for (let d = 0; d < headDim; d++) {
        dot += q[(row * heads + head) * headDim + d]! * k[(key * kvHeads + group) * headDim + d]!;
      }
      return dot / Math.sqrt(headDim);
    });
    const most = Math.max(...scores);
    const sum = scores.reduce((total, score) => total + Math.exp(score - most), 0);
    return scores.map((score) => Math.exp(score - most) / sum);
  });
}

function part(values: Float32Array, row: number, index: number, count: number): Float32Array {
  return values.subarray((row * count + index) * headDim, (row * count + index + 1) * headDim);
}

const length = (values: Float32Array) => Math.hypot(...values);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('sinkReport', () => {
  it('says of heads whose weights are no softmax that they rest nowhere', async () => {
    const { capture, shape } = await twoLayers(20);
    const threshold = 0.05;
    const spoilt = capture.layers[0]!.columnSum.slice().fill(NaN, tokens, 2 * tokens);
    const none = spoilt.slice().fill(0, tokens, 2 * tokens);
    const withSums = (columnSum: Float64Array) => ({
      ...capture,
      layers: [{ ...capture.layers[0]!, columnSum }, capture.layers[1]!],
    });
    const { share, rate, positions } = await sinkReport(withSums(spoilt), shape, threshold, go);
    const expected = await sinkReport(withSums(none), shape, threshold, go);
    expect({ share, rate, positions }).toEqual({
      share: expected.share,
      rate: expected.rate,
      positions: expected.positions,
    });
  });

  it('agrees with the definitions, computed from whole maps in float64', async () => {
    const window = 20;
    const threshold = 0.05;
    const { capture, shape } = await twoLayers(window);
    const report = await sinkReport(capture, shape, threshold, go);
    expect(report.positions.length).toBeGreaterThan(3);
    const rate = new Float64Array(tokens);
    for (let layer = 0; layer < 2; layer++) {
      const own = capture.layers[layer]!;
      const width = shape.slidingWindow[layer] ?? tokens;
      const over = new Float64Array(tokens);
      for (let head = 0; head < heads; head++) {
        const group = groupOf(head, heads, kvHeads);
        const map = mapOf(own, head, shape.slidingWindow[layer]!);
        const rowsOf = (key: number) => [...map.keys()].filter((row) => row >= key && row - key < width);
        const alpha = map.map((_, key) => mean(rowsOf(key).map((row) => map[row]![key]!)));
        alpha.forEach((value, key) => {
          if (value > threshold && (key === 0 || tokens - key >= 16)) over[key]! += 1;
        });
        report.positions.forEach((position, s) => {
          const at = (s * 2 + layer) * heads + head;
          expect(report.importance[at]).toBeCloseTo(alpha[position]!, 5);
          const key = part(own.k, position, group, kvHeads);
          const cosines = rowsOf(position).map((row) => {
            const query = part(own.q, row, head, heads);
            return query.reduce((dot, x, d) => dot + x * key[d]!, 0) / (length(query) * length(key));
          });
          expect(report.cosine[at]).toBeCloseTo(mean(cosines), 5);
        });
      }
      over.forEach((count, key) => {
        rate[key]! += count / (2 * heads);
        expect(report.share[layer * tokens + key]).toBeCloseTo(count / heads, 6);
      });
      for (let group = 0; group < kvHeads; group++) {
        const norms = [own.v, own.k].map((values) =>
          Array.from({ length: tokens }, (_, row) => length(part(values, row, group, kvHeads))),
        );
        expect(report.meanValueNorm[layer * kvHeads + group]).toBeCloseTo(mean(norms[0]!), 5);
        expect(report.meanKeyNorm[layer * kvHeads + group]).toBeCloseTo(mean(norms[1]!), 5);
        report.positions.forEach((position, s) => {
          const at = (s * 2 + layer) * kvHeads + group;
          const others = norms[0]!.filter((_, row) => row !== position);
          expect(report.valueNorm[at]).toBeCloseTo(norms[0]![position]!, 5);
          expect(report.keyNorm[at]).toBeCloseTo(norms[1]![position]!, 5);
          expect(report.valueDrain[at]).toBeCloseTo(norms[0]![position]! / mean(others), 5);
        });
      }
    }
    rate.forEach((value, key) => expect(report.rate[key]).toBeCloseTo(value, 6));
    expect(new Set(report.positions)).toEqual(new Set([...rate.keys()].filter((key) => rate[key]! > 0)));
    const order = Array.from(report.positions, (position) => rate[position]!);
    expect(order).toEqual(order.toSorted((a, b) => b - a));
  });

  it('tells residual norms by layer boundary and the massive activation', async () => {
    const { capture, shape } = await twoLayers(20);
    const report = await sinkReport(capture, shape, 0.05, go);
    for (const [layer, resid] of capture.resid.entries()) {
      const norms = Array.from({ length: tokens }, (_, row) =>
        Math.hypot(...resid.subarray(row * dModel, (row + 1) * dModel)),
      );
      expect(report.meanResidualNorm[layer]! / mean(norms)).toBeCloseTo(1, 5);
      report.positions.forEach((position, s) => {
        expect(report.residualNorm[s * 3 + layer]! / norms[position]!).toBeCloseTo(1, 5);
      });
    }
    expect(report.massive).toEqual([expect.objectContaining({ layer: 1, position: 5, dimension: 2, value: 4000 })]);
    expect(report.largest.map(({ layer }) => layer)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    expect(report.largest[3]).toEqual(report.massive[0]);
  });

  it('gives the hand-checked rate: .9 .2 .5 and .1 .4 .31 over .3 are four of six heads', async () => {
    const { capture, shape } = await twoLayers(20);
    const alphas = [
      [0.9, 0.2, 0.5],
      [0.1, 0.4, 0.31],
    ];
    const layers = capture.layers.map((layer, at) => {
      const columnSum = new Float64Array(3 * tokens);
      alphas[at]!.forEach((alpha, head) => {
        columnSum[head * tokens] = alpha * tokens;
        // As strong as can be, but seen by too few rows.
        columnSum[head * tokens + tokens - 1] = 1;
      });
      return { ...layer, columnSum };
    });
    const three = { ...shape, heads: 3, kvHeads: 1, slidingWindow: [null, null] };
    const report = await sinkReport({ ...capture, layers }, three, 0.3, go);
    expect(report.rate[0]).toBeCloseTo(4 / 6, 6);
    expect(report.share[0]).toBeCloseTo(2 / 3, 6);
    expect([...report.positions]).toEqual([0]);
    expect(report.floor).toBeCloseTo(
      Array.from({ length: 48 }, (_, i) => 1 / (i + 1) / 48).reduce((a, b) => a + b),
      9,
    );
  });

  it('has no positions where no head rests, and still tells the rest', async () => {
    const { capture, shape } = await twoLayers(20);
    const report = await sinkReport(capture, shape, 1, go);
    expect(report.positions).toHaveLength(0);
    expect(report.importance).toHaveLength(0);
    expect(report.rate.every((value) => value === 0)).toBe(true);
    expect(report.massive).toHaveLength(1);
  });

  it('can be cancelled on the way', async () => {
    const { capture, shape } = await twoLayers(20);
    let left = 5;
    const cancel = () => (--left < 0 ? Promise.reject(new Error('Cancelled')) : Promise.resolve());
    await expect(sinkReport(capture, shape, 0.3, cancel)).rejects.toThrow('Cancelled');
  });
});
