// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { GeneratedLine, LineEnd } from '../state/generation-state.ts';
import { firstDifference } from './first-difference.ts';

function line(ids: readonly number[], end: LineEnd | 'growing' = 'length'): GeneratedLine {
  const tokens = ids.map((id) => ({ id, display: `#${id}`, text: '', prob: 1, top: [] }));
  return { promptTokens: 1, tokens, text: '', milliseconds: 1, end: end === 'growing' ? undefined : end };
}

describe('the first difference', () => {
  it('is the first step with other tokens', () => {
    expect(firstDifference(line([1, 2, 3]), line([1, 4, 3]))).toBe(1);
    expect(firstDifference(line([1]), line([2, 3], 'growing'))).toBe(0);
  });

  it('is none where all tokens are the same', () => {
    expect(firstDifference(line([1, 2]), line([1, 2]))).toBeUndefined();
    expect(firstDifference(line([]), line([]))).toBeUndefined();
  });

  it('is the end of a line that the model ended, not of one that grows or was stopped', () => {
    expect(firstDifference(line([1, 2, 3]), line([1, 2], 'end-token'))).toBe(2);
    expect(firstDifference(line([1, 2], 'end-token'), line([1, 2, 3]))).toBe(2);
    expect(firstDifference(line([1, 2, 3]), line([1, 2], 'growing'))).toBeUndefined();
    expect(firstDifference(line([1, 2, 3]), line([1, 2], 'cancelled'))).toBeUndefined();
    expect(firstDifference(line([1, 2], 'end-token'), line([1], 'growing'))).toBeUndefined();
  });
});
