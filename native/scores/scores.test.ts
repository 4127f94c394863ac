import { describe, expect, it } from 'vitest';
import type { ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import { mapContext } from '../testing/map-context.ts';
import { findRepeat } from './repeat.ts';
import { findScores, scores, scoreTables } from './index.ts';
import type { ScoreContext } from './score.ts';

/** A context over one attention map. */
function contextOf(
  map: readonly (readonly number[])[],
  ids: readonly number[],
  bos = false,
  predicted = -1,
): ScoreContext {
  return mapContext({ maps: [map], ids, bos, predicted });
}

const QUIET = { signal: new AbortController().signal, progress: () => undefined };

async function tableOf(id: string, context: ScoreContext, parameters: ScoreParameters = {}): Promise<ScoreTable> {
  const [table] = await scoreTables(findScores([id]), context, { [id]: parameters }, QUIET);
  return table!;
}

async function valueOf(id: string, context: ScoreContext, parameters: ScoreParameters = {}): Promise<number | string> {
  const { values, notApplicable } = await tableOf(id, context, parameters);
  return values?.[0] ?? notApplicable!;
}

/** The hand-checked map of four tokens [BOS, a, b, a]. */
const TOY = [[1], [0.4, 0.6], [0.1, 0.7, 0.2], [0.2, 0.3, 0.4, 0.1]];

describe('scores', () => {
  it('follow their definitions on the toy map', async () => {
    const context = contextOf(TOY, [0, 1, 2, 1]);
    expect(await valueOf('sink', context)).toBeCloseTo((0.4 + 0.1 + 0.2) / 3, 12);
    expect(await valueOf('previous', context)).toBeCloseTo((0.4 + 0.7 + 0.4) / 3, 12);
    expect(await valueOf('self', context)).toBeCloseTo((0.6 + 0.2 + 0.1) / 3, 12);
    expect(await valueOf('max', context)).toBeCloseTo((0.6 + 0.7 + 0.4) / 3, 6);
    expect(await valueOf('distance', context)).toBeCloseTo((0.4 + 0.9 + 1.6) / 3, 6);
  });

  it('copy mass is the last row’s attention on earlier copies of what comes next', async () => {
    const ids = [0, 2, 2, 1];
    expect(await valueOf('copy', contextOf(TOY, ids, false, 2))).toBeCloseTo(0.3 + 0.4, 12);
    expect(await valueOf('copy', contextOf(TOY, ids, false, 0))).toBeCloseTo(0.2, 12);
    // The last token itself is no earlier one.
    expect(await valueOf('copy', contextOf(TOY, ids, false, 1))).toMatch(/^Needs a prompt/);
  });

  it('leaves out the row whose previous token is BOS', async () => {
    expect(await valueOf('previous', contextOf(TOY, [0, 1, 2, 1], true))).toBeCloseTo((0.7 + 0.4) / 2, 12);
  });

  it('reproduces the hand-checked entropy of [.5, .25, .125, .125]: 1.2130 nats', async () => {
    const context = contextOf([[1], [1, 0], [1, 0, 0], [0.5, 0.25, 0.125, 0.125]], [1, 2, 3, 4]);
    expect((await valueOf('entropy', context)) as number).toBeCloseTo(1.213 / 3, 4);
    expect((await valueOf('distance', context)) as number).toBeCloseTo((1 + 2 + 2.125) / 3, 6);
  });

  it('gives an ideal induction head 1 and a pure sink head 0, on second-copy rows only', async () => {
    const ids = [0, 5, 6, 7, 8, 5, 6, 7, 8];
    const at = (column: (row: number) => number) =>
      ids.map((_, row) => ids.map((_, key) => (key === Math.min(row, column(row)) ? 1 : 0)));
    const induction = contextOf(
      at((row) => (row >= 5 ? row - 3 : 0)),
      ids,
    );
    const sinkHead = contextOf(
      at(() => 0),
      ids,
    );
    const duplicate = contextOf(
      at((row) => (row >= 5 ? row - 4 : 0)),
      ids,
    );
    expect(await valueOf('induction', induction)).toBe(1);
    expect(await valueOf('induction', sinkHead)).toBe(0);
    expect(await valueOf('duplicate', duplicate)).toBe(1);
    expect(await valueOf('duplicate', induction)).toBe(0);
  });

  it('says why a score does not apply', async () => {
    expect(await valueOf('entropy', contextOf([[1]], [3]))).toMatch(/at least 2 tokens/);
    expect(await valueOf('induction', contextOf(TOY, [0, 1, 2, 1]))).toMatch(/one sequence twice/);
    expect(await valueOf('previous', contextOf(TOY.slice(0, 2), [0, 1], true))).toMatch(/at least 3 tokens/);
  });

  it('has distinct ids', () => {
    expect(new Set(scores.map(({ info }) => info.id)).size).toBe(scores.length);
  });
});

describe('findRepeat', () => {
  const random = Array.from({ length: 40 }, (_, i) => 100 + i * 7);
  it('finds the period with and without BOS, and through a first token that differs', () => {
    expect(findRepeat(Int32Array.from([...random, ...random]))).toEqual({ period: 40, start: 40, end: 80 });
    expect(findRepeat(Int32Array.from([1, ...random, ...random]))).toEqual({ period: 40, start: 41, end: 81 });
    expect(findRepeat(Int32Array.from([1, 9, ...random.slice(1), ...random]))).toEqual({
      period: 40,
      start: 42,
      end: 81,
    });
  });
  it('looks past a stray last token', () => {
    expect(findRepeat(Int32Array.from([1, ...random, ...random, 7]))).toEqual({ period: 40, start: 41, end: 81 });
    expect(findRepeat(Int32Array.from([1, ...random, ...random, 7, 8, 9]))).toBeNull();
  });
  it('finds nothing in text without a repeat, or with too short a one', () => {
    expect(findRepeat(Int32Array.from(random))).toBeNull();
    expect(findRepeat(Int32Array.from([...random, ...random.slice(0, 10)]))).toBeNull();
    expect(findRepeat(Int32Array.from([1, 2, 3, 1, 2, 3]))).toBeNull();
  });
});
