import { afterAll, describe, expect, it } from 'vitest';
import { groupOf } from '../../shared/model/head-id.ts';
import { createRng, normalArray } from '../testing/rng.ts';
import { OutputNorms } from './output-norms.ts';

const [heads, kvHeads, headDim, dModel, rows] = [4, 2, 3, 7, 11];
const rng = createRng(9);
const weights = normalArray(rng, heads * headDim * dModel, 1);
const v = normalArray(rng, rows * kvHeads * headDim, 1);
const norms = new OutputNorms({ heads, kvHeads, headDim, dModel }, () => Promise.resolve(weights), 1);
const go = () => Promise.resolve();

afterAll(() => norms.dispose());

describe('norms of values', () => {
  it('are those of what each query head writes of its group’s value, or of the value itself', async () => {
    const written = await norms.ofValues(0, 'written', v, go);
    const own = await norms.ofValues(0, 'head', v, go);
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < rows; row++) {
        const start = (row * kvHeads + groupOf(head, heads, kvHeads)) * headDim;
        const value = v.subarray(start, start + headDim);
        const write = Array.from({ length: dModel }, (_, d) =>
          value.reduce((sum, x, i) => sum + x * weights[(head * headDim + i) * dModel + d]!, 0),
        );
        expect(written[head * rows + row]).toBeCloseTo(Math.hypot(...write), 4);
        expect(own[head * rows + row]).toBeCloseTo(Math.hypot(...value), 5);
      }
    }
  });
});

describe('norms of outputs', () => {
  it('are those of what heads write, each and together, of a difference too', async () => {
    const z = normalArray(rng, rows * heads * headDim, 1);
    const minus = normalArray(rng, rows * heads * headDim, 1);
    for (const other of [undefined, minus]) {
      const found = await norms.ofLayer(0, z, go, other);
      const own = await norms.ofOutputs(0, 'head', z, go, other);
      expect(found.heads).toEqual(await norms.ofOutputs(0, 'written', z, go, other));
      for (let row = 0; row < rows; row++) {
        const sum = new Float64Array(dModel);
        for (let head = 0; head < heads; head++) {
          const start = (row * heads + head) * headDim;
          const output = Array.from({ length: headDim }, (_, d) => z[start + d]! - (other?.[start + d] ?? 0));
          const write = Array.from({ length: dModel }, (_, to) =>
            output.reduce((all, x, d) => all + x * weights[(head * headDim + d) * dModel + to]!, 0),
          );
          write.forEach((value, to) => (sum[to]! += value));
          expect(own[head * rows + row]).toBeCloseTo(Math.hypot(...output), 5);
          expect(found.heads[head * rows + row]).toBeCloseTo(Math.hypot(...write), 4);
        }
        expect(found.layer[row]).toBeCloseTo(Math.hypot(...sum), 4);
      }
    }
  });
});
