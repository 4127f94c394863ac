// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { MOST_COMPARED_HEADS, readComparison, withHead, withoutHead, type HeadComparison } from './comparison.ts';

const head = (index: number) => ({ layer: 1, head: index });
const [A, B] = [head(0), head(1)];
const two: HeadComparison = { modelId: 'm', heads: [A, B], difference: { of: A, minus: B } };

describe('a comparison', () => {
  it('takes each head once, and no more than fit', () => {
    expect(withHead(two, B)).toBe(two);
    let full = two;
    for (let index = 0; index < 20; index++) full = withHead(full, head(index));
    expect(full.heads).toHaveLength(MOST_COMPARED_HEADS);
  });

  it('loses with a head the difference that needs it, and ends with the last one', () => {
    expect(withoutHead(two, B)).toEqual({ modelId: 'm', heads: [A], difference: undefined });
    const ofRuns: HeadComparison = { ...two, difference: { of: A, minus: 'clean' } };
    expect(withoutHead(ofRuns, B)).toEqual({ ...ofRuns, heads: [A] });
    expect(withoutHead({ ...two, heads: [A] }, A)).toBeUndefined();
  });

  it('comes back from storage, but for what is none', () => {
    expect(readComparison(JSON.parse(JSON.stringify(two)))).toEqual(two);
    expect(readComparison({ ...two, difference: { of: A, minus: 'clean' } })?.difference?.minus).toBe('clean');
    expect(readComparison({ ...two, difference: { of: head(5), minus: A } })?.difference).toBeUndefined();
    for (const none of [
      undefined,
      null,
      3,
      {},
      { modelId: 'm', heads: [] },
      { modelId: 'm', heads: [{ layer: -1 }] },
    ]) {
      expect(readComparison(none)).toBeUndefined();
    }
  });
});
