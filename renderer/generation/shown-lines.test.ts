// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { initialGeneration, type GeneratedLine, type LineEnd } from '../state/generation-state.ts';
import { lastPlace, linesAtStep, placeAfterKey, shownLines } from './shown-lines.ts';

function line(ids: readonly number[], end: LineEnd | 'growing' = 'length'): GeneratedLine {
  const tokens = ids.map((id) => ({ id, display: `#${id}`, text: '', prob: 1, top: [] }));
  return { promptTokens: 1, tokens, text: '', milliseconds: 1, end: end === 'growing' ? undefined : end };
}

const one = shownLines({ ...initialGeneration, clean: line([1, 2, 3]) });
const both = shownLines({ ...initialGeneration, clean: line([1, 2, 3]), changed: line([1, 5]) });

describe('lines on screen', () => {
  it('stand clean above changed', () => {
    expect(both.map(({ kind }) => kind)).toEqual(['clean', 'changed']);
    expect(shownLines(initialGeneration)).toEqual([]);
  });

  it('are read at the end of the one that grows', () => {
    expect(lastPlace(both)).toEqual({ kind: 'changed', step: 1 });
    const growing = shownLines({ ...initialGeneration, clean: line([1], 'growing'), changed: line([1, 5]) });
    expect(lastPlace(growing)).toEqual({ kind: 'clean', step: 0 });
    expect(lastPlace([])).toBeUndefined();
  });

  it('are compared up to the step at which they part, and not behind it', () => {
    const ids = (step: number, difference?: number) =>
      linesAtStep(both, { kind: 'clean', step }, difference).map(({ token }) => token.id);
    expect(ids(0, 1)).toEqual([1, 1]);
    expect(ids(1, 1)).toEqual([2, 5]);
    expect(ids(1, 0)).toEqual([2]);
    expect(ids(2)).toEqual([3]);
  });

  it('are walked by arrow keys: along a line by one or ten, between two lines up and down', () => {
    expect(placeAfterKey(one, undefined, 'ArrowRight')).toEqual({ kind: 'clean', step: 0 });
    expect(placeAfterKey(one, { kind: 'clean', step: 0 }, 'ArrowDown')).toEqual({ kind: 'clean', step: 2 });
    expect(placeAfterKey(one, { kind: 'clean', step: 1 }, 'ArrowUp')).toEqual({ kind: 'clean', step: 0 });
    expect(placeAfterKey(one, { kind: 'clean', step: 0 }, 'Enter')).toBeUndefined();
    expect(placeAfterKey(both, { kind: 'clean', step: 1 }, 'ArrowDown')).toEqual({ kind: 'changed', step: 1 });
    expect(placeAfterKey(both, { kind: 'clean', step: 2 }, 'ArrowDown')).toBeUndefined();
    expect(placeAfterKey([], undefined, 'ArrowRight')).toBeUndefined();
  });
});
