// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { markedSpans, promptName, withFold, withoutFold, type TokenFold } from './folds.ts';
import { initialRun, type RunHandle } from './run-state.ts';

const fold = (start: number, end: number, of = 'p'): TokenFold => ({ of, start, end, name: `${start}` });
const clean: RunHandle = { key: '1/r1', runId: 'r1', tokens: 9, cutTokens: 0, badge: 'exact', interventions: '' };

describe('folds', () => {
  it('stand in the order of the prompt and never overlap', () => {
    const folds = withFold(withFold([fold(10, 20)], fold(2, 5)), fold(20, 22));
    expect(folds.map(({ start }) => start)).toEqual([2, 10, 20]);
    expect(withFold(folds, fold(4, 12)).map(({ start }) => start)).toEqual([4, 20]);
    expect(withFold(folds, fold(4, 12, 'other'))).toHaveLength(4);
    expect(withoutFold(folds, fold(10, 20)).map(({ start }) => start)).toEqual([2, 20]);
  });

  it('mark spans of the prompt that they are of', () => {
    const folds = [fold(2, 5), fold(0, 9, 'other'), fold(10, 20)];
    expect(markedSpans(folds, 'p')).toEqual([
      { name: '2', start: 2, end: 5 },
      { name: '10', start: 10, end: 20 },
    ]);
    expect(markedSpans(folds, undefined)).toEqual([]);
  });

  it('belong to a prompt, not to a run of it', () => {
    const source = { kind: 'text', text: 'one', bos: true } as const;
    const name = promptName({ ...initialRun, source, clean });
    expect(promptName({ ...initialRun, source, clean: { ...clean, key: '2/r7' } })).toBe(name);
    expect(promptName({ ...initialRun, source: { ...source, text: 'two' }, clean })).not.toBe(name);
    expect(promptName(initialRun)).toBeUndefined();
  });
});
