// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { composedWith, likenessOf } from './linked-heads.ts';

it('likenessOf reads the rows of its own head', () => {
  const descriptors = {
    features: ['a'],
    dropped: [],
    values: new Float64Array(4),
    nearest: Int32Array.of(1, 2, 0, 3, 3, 0, 2, 1),
    distances: Float64Array.of(0.1, 0.2, 0.1, 0.4, 0.3, 0.5, 0.3, 0.4),
    clusters: Int32Array.of(0, 0, 1, 0),
    silhouette: 0.5,
    stability: 1,
  };
  expect(likenessOf(descriptors, { layer: 1, head: 1 }, 2)).toEqual({
    nearest: [
      { layer: 1, head: 0, value: 0.3 },
      { layer: 0, head: 1, value: 0.4 },
    ],
    cluster: 0,
    clusterSize: 3,
  });
});

describe('composedWith', () => {
  it('parts earlier heads from later ones, strongest first', () => {
    const values = Float64Array.of(0.1, 0.4, NaN, NaN, 0.3, 0.2);
    expect(composedWith(values, { layer: 1, head: 0 }, 2, 1)).toEqual({
      reads: [{ layer: 0, head: 1, value: 0.4 }],
      writes: [{ layer: 2, head: 0, value: 0.3 }],
    });
    expect(composedWith(values, { layer: 1, head: 0 }, 2, 9).reads).toHaveLength(2);
  });
});
