import { describe, expect, it } from 'vitest';
import { streamingMasks } from './streaming-masks.ts';

const model = { layers: 2, heads: 4, kvHeads: 2 };
const mask = { kind: 'sink-window', sink: 4, window: 64 };

describe('streamingMasks', () => {
  it('leaves the query heads of a full KV group alone', () => {
    const masks = streamingMasks(model, { sink: 4, window: 64, full: [{ layer: 1, kvHead: 1 }] });
    expect(masks(0)).toEqual([mask, mask, mask, mask]);
    expect(masks(1)).toEqual([mask, mask, null, null]);
  });

  it('refuses a group that is not there', () => {
    const streaming = { sink: 4, window: 64, full: [{ layer: 0, kvHead: 2 }] };
    expect(() => streamingMasks(model, streaming)).toThrow('There is no KV group 2 in layer 0.');
  });
});
