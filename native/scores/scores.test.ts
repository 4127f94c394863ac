import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import { mapContext, uniformMap } from '../testing/map-context.ts';
import { meanRunningSum } from './duo-proxy.ts';
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

/** One-hot rows. */
function rowsOf(tokens: number, keyOf: (row: number) => number): number[][] {
  return Array.from({ length: tokens }, (_, row) =>
    Array.from({ length: row + 1 }, (_key, key) => (key === keyOf(row) ? 1 : 0)),
  );
}

const ids40 = Array.from({ length: 40 }, (_, index) => index);

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

  it('gives all rows the values of one row: [.5, .25, .125, .125], query 3 (F1, F4)', async () => {
    const context = contextOf([[1], [0, 1], [0, 0, 1], [0.5, 0.25, 0.125, 0.125]], [1, 2, 3, 4]);
    const of = async (id: string, parameters: ScoreParameters = {}) => valueOf(id, context, { from: 3, ...parameters });
    expect(await of('entropy')).toBeCloseTo(1.213, 4);
    expect(await of('entropy-normalised')).toBeCloseTo(0.875, 12);
    expect(await of('effective-context')).toBeCloseTo(3.3636, 4);
    expect(await of('participation')).toBeCloseTo(2.9091, 4);
    expect(await of('max')).toBe(0.5);
    expect(await of('gini')).toBeCloseTo(0.4167, 4);
    expect(await of('top-p', { mass: 0.8 })).toBe(3);
    expect(await of('top-p')).toBe(4);
    expect(await of('distance')).toBeCloseTo(2.125, 12);
    expect(await of('distance-normalised')).toBeCloseTo(0.7083, 4);
    expect(await of('entropy-sink-free')).toBeCloseTo(1.5 * Math.LN2, 12);
    expect(await of('distance-sink-free')).toBeCloseTo((2 * 0.5 + 0.25) / 1, 12);
    expect(await of('local-8')).toBe(1);
    // Self and previous of the three rows: 1, 1 and .25.
    expect(await valueOf('local-2', context)).toBeCloseTo(2.25 / 3, 12);
  });

  it('says nothing without sinks where they are all that there is', async () => {
    const context = contextOf(uniformMap(6), [1, 2, 3, 4, 5, 6]);
    for (const id of ['distance-sink-free', 'entropy-sink-free', 'local-32-sink-free']) {
      for (const sinks of [5, 6, 64]) {
        const { values, floor, notApplicable } = await tableOf(id, context, { sinks });
        expect([values, floor, notApplicable]).toEqual([null, null, `Needs at least ${sinks + 2} tokens.`]);
      }
      expect((await tableOf(id, context, { sinks: 4 })).values![0]).toBeGreaterThan(0);
    }
  });

  it('scales the Gini coefficient: one key of all is 1 (F2)', async () => {
    const oneHot = contextOf([[1], [0, 1], [0, 0, 1], [0, 0, 0, 1]], [1, 2, 3, 4]);
    expect(await valueOf('gini', oneHot, { from: 3 })).toBeCloseTo(1, 12);
    expect(await valueOf('gini', contextOf(uniformMap(4), [1, 2, 3, 4]), { from: 3 })).toBeCloseTo(0, 12);
  });

  it('takes the mean of entropies, not the entropy of a mean (F3)', async () => {
    const opposite = contextOf([[1], [1, 0], [0, 1, 0]], [1, 2, 3]);
    expect(await valueOf('entropy', opposite)).toBe(0);
    expect(await valueOf('effective-context', opposite)).toBe(1);
  });

  it('agrees with the descriptors of the toy map (N1)', async () => {
    const context = contextOf(TOY, [0, 5, 6, 5]);
    expect(await valueOf('sink', context)).toBeCloseTo(0.2333, 4);
    expect(await valueOf('distance-normalised', context)).toBeCloseTo(0.4611, 4);
    expect(await valueOf('entropy-normalised', context)).toBeCloseTo(0.8747, 4);
  });

  it('follows TransformerLens’s detect_head on the toy map (D1)', async () => {
    const context = contextOf(TOY, [0, 5, 6, 5]);
    const bos = { 'exclude-bos': 1 };
    const current = { 'exclude-current': 1 };
    const abs = { measure: 1 };
    const expected: Record<string, readonly number[]> = {
      'tl-previous': [0.375, 0.4783, 0.7143, 0.7857, 0, 0.7],
      'tl-duplicate': [0.075, 0.1304, 0.1429, 0.2143, -0.1, 0.55],
      'tl-induction': [0.1, 0.1739, 0.1905, 0.2857, -0.05, 0.6],
    };
    for (const [id, values] of Object.entries(expected)) {
      const settings = [{}, bos, current, { ...bos, ...current }, abs, { ...abs, ...bos, ...current }];
      for (const [index, parameters] of settings.entries()) {
        expect(await valueOf(id, context, parameters), `${id} ${index}`).toBeCloseTo(values[index]!, 4);
      }
    }
  });

  it('follows detect_head on the matrix of its demo (D3)', async () => {
    const demo = [[1], [0.5, 0.5], [0.2, 0.3, 0.5], [0.1, 0.15, 0.5, 0.25]];
    const context = contextOf(demo, [0, 1, 2, 3]);
    const both = { 'exclude-bos': 1, 'exclude-current': 1 };
    expect(await valueOf('tl-previous', context)).toBeCloseTo(0.325, 12);
    expect(await valueOf('tl-previous', context, both)).toBeCloseTo(0.8 / 0.95, 12);
    expect(await valueOf('tl-previous', context, { measure: 1 })).toBeCloseTo(-0.1, 12);
  });

  it('has detect_head’s pattern of induction reach the diagonal where a token follows itself', async () => {
    const same = contextOf([[1], [0.25, 0.75], [0.2, 0.3, 0.5]], [7, 7, 7]);
    // Row 1 looks for 1, row 2 for 1 and 2.
    expect(await valueOf('tl-induction', same)).toBeCloseTo((0.75 + 0.3 + 0.5) / 3, 12);
    expect(await valueOf('tl-induction', same, { 'exclude-current': 1 })).toBeCloseTo(0.3 / (3 - 1 - 0.75 - 0.5), 12);
    // All rows have their whole attention left out.
    const self = contextOf([[1], [0, 1]], [7, 7]);
    expect(await valueOf('tl-induction', self, { 'exclude-current': 1 })).toBeNaN();
  });

  it('gives detect_head’s share to an ideal induction head, which is not 1 (D5), and RazorAttention’s, which is', async () => {
    const ids = [0, 1, 2, 3, 4, 1, 2, 3, 4];
    const ideal = contextOf(
      rowsOf(ids.length, (row) => (row >= 5 ? row - 3 : 0)),
      ids,
    );
    expect(await valueOf('tl-induction', ideal)).toBeCloseTo(4 / 9, 12);
    expect(await valueOf('razor-induction', ideal)).toBe(1);
    expect(await valueOf('echo', ideal)).toBe(0);
    const echoing = contextOf(
      rowsOf(ids.length, (row) => (row >= 5 ? row - 4 : 0)),
      ids,
    );
    expect(await valueOf('echo', echoing)).toBe(1);
    expect(await valueOf('razor-induction', echoing)).toBe(0);
  });

  it('gives RazorAttention’s worked example, with a fourth row of its means: shorter blocks are refused', async () => {
    const masses = [
      [0.8, 0.1],
      [0.7, 0.2],
      [0.9, 0.05],
      [0.8, 0.35 / 3],
    ] as const;
    const first = Array.from({ length: 4 }, (_, row) => Array.from({ length: row + 1 }, (_key, key) => +(key === row)));
    const second = masses.map(([copy, after], at) =>
      Array.from({ length: at + 5 }, (_, key) =>
        key === at ? copy : key === at + 1 ? after : key === at + 4 ? 1 - copy - after : 0,
      ),
    );
    // Of the last row the key after the copy is the first of its own block.
    const context = contextOf([...first, ...second], [6, 7, 8, 9, 6, 7, 8, 9]);
    expect(await valueOf('echo', context)).toBeCloseTo(0.8, 6);
    expect(await valueOf('razor-induction', context)).toBeCloseTo(0.1167, 4);
    expect(
      await valueOf(
        'echo',
        contextOf(
          rowsOf(6, (row) => row),
          [7, 8, 9, 7, 8, 9],
        ),
      ),
    ).toContain('Needs a prompt');
  });

  it('sums RazorAttention’s mass over all earlier copies, and takes the largest of a KV group where that is asked', async () => {
    const block = [5, 6, 7, 8];
    const ids = [...block, ...block, ...block];
    const half = (row: number, offset: number) =>
      ids.map((_, key) =>
        row < 4
          ? Number(key === row)
          : row < 8
            ? Number(key === row - offset)
            : key === row - offset || key === row - offset - 4
              ? 0.5
              : 0,
      );
    const maps = [ids.map((_, row) => half(row, 4)), ids.map((_, row) => half(row, 3))];
    const context = mapContext({ maps, ids, kvHeads: 1 });
    expect((await tableOf('echo', context)).values).toEqual(new Float64Array([1, 0]));
    expect((await tableOf('razor-induction', context)).values).toEqual(new Float64Array([0, 1]));
    const grouped = await tableOf('echo', context, { group: 1 });
    expect(grouped.values).toEqual(new Float64Array([1, 1]));
    expect(grouped.info.granularity).toBe('kv-group');
  });

  it('tells mass outside the window and what hiding it does to the output (B1, B2)', async () => {
    const scores = [1, 0, 2, 0, 1];
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    const row = scores.map((score) => Math.exp(score) / total);
    const context = mapContext({
      maps: [[[1], [0, 1], [0, 0, 1], [0, 0, 0, 1], row]],
      values: [[0, 1, 4, 1, 2]],
    });
    // Keys 0, 3 and 4 stay, and only the last row has anything hidden that it looks at.
    const mask = { sink: 1, window: 2 };
    expect(await valueOf('streaming-mass', context, mask)).toBeCloseTo(0.5658 / 2, 4);
    expect(await valueOf('streaming', context, mask)).toBeCloseTo(1.4952 / 2.4952 / 2, 4);
    expect((await tableOf('streaming', context, mask)).parameters).toEqual({ ...mask, space: 0 });
  });

  it('does not call a head that looks away at values of nothing deviating', async () => {
    const far = rowsOf(9, (row) => Math.min(row, 2)).map((row) =>
      row.map((p, key) => 0.99 * p + (key + 1 === row.length ? 0.01 : 0)),
    );
    const context = mapContext({ maps: [far], values: [[0, 0, 0, 0, 0, 0, 0, 0, 0]] });
    const mask = { sink: 1, window: 2 };
    expect(await valueOf('streaming-mass', context, mask)).toBeCloseTo((5 * 0.99) / 6, 12);
    expect(await valueOf('streaming', context, mask)).toBe(0);
  });

  it('scales the streaming mask to the prompt and says what it used', async () => {
    const table = await tableOf(
      'streaming-mass',
      contextOf(
        uniformMap(64),
        Array.from({ length: 64 }, (_, i) => i),
      ),
    );
    expect(table.parameters).toEqual({ sink: 4, window: 8 });
    const long = contextOf(
      uniformMap(400),
      Array.from({ length: 400 }, (_, i) => i),
    );
    expect((await tableOf('streaming-mass', long)).parameters).toEqual({ sink: 64, window: 256 });
  });

  it('measures position alone in the running sum of attention (B5)', () => {
    expect(meanRunningSum(new Float64Array(4))).toBeCloseTo(0.625, 12);
    expect(meanRunningSum(new Float64Array([60, 0, 0, 0]))).toBeCloseTo(1, 12);
    expect(meanRunningSum(new Float64Array([0, 0, 0, 60]))).toBeCloseTo(0.25, 12);
  });

  it('tells the last row’s attention on first and recent keys', async () => {
    const row = [0.1, 0.2, 0.3, 0.15, 0.25];
    const context = contextOf([...uniformMap(4), row], [1, 2, 3, 4, 5]);
    expect(await valueOf('laziness', context, { sink: 1, recent: 2 })).toBeCloseTo(0.5, 12);
    expect((await tableOf('laziness', context, { sink: 1, recent: 2 })).floor).toBeCloseTo(0.6, 12);
  });

  it('leaves sinks and neighbours out of the far mass', async () => {
    const far = contextOf(
      rowsOf(40, (row) => Math.min(row, 6)),
      ids40,
    );
    const sinks = contextOf(
      rowsOf(40, () => 2),
      ids40,
    );
    const near = contextOf(
      rowsOf(40, (row) => Math.max(0, row - 7)),
      ids40,
    );
    // From row 14 on, key 6 is neither among the first four nor the last eight.
    expect(await valueOf('outside-mass', far, { width: 0 })).toBeCloseTo(26 / 29, 12);
    expect(await valueOf('outside-mass', sinks, { width: 0 })).toBe(0);
    expect(await valueOf('outside-mass', near, { width: 0 })).toBe(0);
  });

  it('has the floors of the reference on a doubled sequence (D6)', async () => {
    for (const [period, previousFloor, secondCopyFloor] of [
      [50, 0.0423, 0.0138],
      [100, 0.0245, 0.0069],
    ] as const) {
      const half = Array.from({ length: period }, (_, index) => index);
      const context = contextOf(uniformMap(2 * period), [...half, ...half]);
      expect((await tableOf('previous', context)).floor).toBeCloseTo(previousFloor, 4);
      expect((await tableOf('duplicate', context)).floor).toBeCloseTo(secondCopyFloor, 4);
      expect((await tableOf('induction', context)).floor).toBeCloseTo(secondCopyFloor, 4);
    }
  });

  it('gives uniform attention the floor, with and without windows, whatever the prompt and the parameters', async () => {
    const prompts = fc.record({
      half: fc.array(fc.nat(9), { minLength: 5, maxLength: 30 }),
      window: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      bos: fc.boolean(),
      choices: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(prompts, async ({ half, window, bos, choices }) => {
        const ids = [...half, ...half];
        const map = uniformMap(ids.length, window);
        const context = mapContext({
          maps: [map, map],
          ids,
          kvHeads: 1,
          bos,
          predicted: half[0]!,
          ...(window && { window }),
        });
        for (const score of scores) {
          if (score.info.group === 'sinks') continue;
          const parameters = Object.fromEntries(
            score.info.parameters
              .filter((each) => each.choices)
              .map((each) => [each.id, choices % each.choices!.length]),
          );
          const { values, floor } = await tableOf(score.info.id, context, parameters);
          if (values === null || floor === null) continue;
          for (const value of values) expect(value, score.info.id).toBeCloseTo(floor, 9);
        }
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('refuses parameters that a score does not have or take, and scores that there are none of', async () => {
    const context = contextOf(TOY, [0, 1, 2, 1]);
    await expect(tableOf('top-p', context, { mass: 2 })).rejects.toThrow(
      'The parameter mass of the score top-p cannot be 2.',
    );
    await expect(tableOf('entropy', context, { from: 1.5 })).rejects.toThrow('cannot be 1.5');
    await expect(tableOf('self', context, { from: 1 })).rejects.toThrow('The score self has no parameter “from”.');
    await expect(tableOf('streaming', context, { space: 2 })).rejects.toMatchObject({
      hint: 'It takes 0 (after W_O), 1 (before W_O).',
    });
    expect(() => findScores(['self', 'nope'])).toThrow('There is no score “nope” of a run.');
  });

  it('says that a score needs the addon where the kernel is without it', async () => {
    const context = mapContext({ maps: [TOY], gathersExtras: false });
    expect(await valueOf('participation', context)).toMatch(/^Needs the C\+\+ attention addon/);
    expect(await valueOf('streaming-mass', context, { sink: 1, window: 1 })).toBeCloseTo((0.7 + 0.7) / 2, 12);
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
  it('takes the smallest period, and refuses one under 4 though its multiples fit', () => {
    const times = (copy: readonly number[], count: number, head: readonly number[] = []) =>
      Int32Array.from([...head, ...Array.from({ length: count }, () => copy).flat()]);
    for (const head of [[], [1], [1, 9]]) {
      expect(findRepeat(times([5], 40, head))).toBeNull();
      expect(findRepeat(times([5, 6], 20, head))).toBeNull();
      expect(findRepeat(times([5, 6, 7], 12, head))).toBeNull();
      const start = head.length + 4;
      expect(findRepeat(times([5, 6, 7, 8], 10, head))).toEqual({ period: 4, start, end: start + 36 });
    }
    expect(findRepeat(new Int32Array())).toBeNull();
  });
  it('is what looking at every token of every period says', () => {
    const looking = (ids: readonly number[]) => {
      for (let period = 1; period + 4 <= ids.length; period++) {
        for (let tail = 0; tail <= 2; tail++) {
          const end = ids.length - tail;
          let start = end;
          while (start > period && ids[start - 1] === ids[start - 1 - period]) start -= 1;
          const fits = start <= period + 2 && end - start >= Math.max(4, 0.8 * period);
          if (fits) return period < 4 ? null : { period, start, end };
        }
      }
      return null;
    };
    const few = fc.array(fc.nat(2), { maxLength: 9 });
    const prompts = fc.tuple(few, few, fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(2), { maxLength: 3 }));
    fc.assert(
      fc.property(prompts, ([head, copy, copies, tail]) => {
        const ids = [...head, ...Array.from({ length: copies }, () => copy).flat(), ...tail];
        expect(findRepeat(Int32Array.from(ids))).toEqual(looking(ids));
      }),
      { numRuns: 1000 },
    );
  });
});
