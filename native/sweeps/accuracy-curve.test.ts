import { describe, expect, it } from 'vitest';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { TaskCell } from '../../shared/model/task.ts';
import type { Job } from '../forward/checkpoint.ts';
import { wilson } from '../tasks/wilson.ts';
import { completeCurve, curveConditions, curvePoints } from './accuracy-curve.ts';
import { startSweep } from './sweep-places.ts';

const job: Job = { signal: new AbortController().signal, progress: () => undefined };
const ranking: HeadId[] = [5, 0, 3, 7].map((at) => ({ layer: Math.floor(at / 4), head: at % 4 }));
const request = { layers: 2, heads: 4, ranking, counts: [1, 3], draws: 5, matched: false, seed: 2 };
const breathe = () => Promise.resolve();
const conditions = await curveConditions(request, breathe);

/** Two cells of 10 prompts; each head that is changed costs `cost` of them. */
function cellsOf(heads: readonly HeadId[], cost: (head: HeadId) => number): TaskCell[] {
  const lost = heads.reduce((sum, head) => sum + cost(head), 0);
  const cell = { length: null, depth: null, low: 0, high: 1, n: 10 };
  return [
    { ...cell, accuracy: (10 - lost) / 10 },
    { ...cell, accuracy: 1 },
  ];
}

describe('curveConditions', () => {
  it('begins with nothing changed, then takes the ranking from the top, with other heads beside', async () => {
    expect(conditions).toHaveLength(1 + 2 * (1 + 5));
    expect(conditions[0]).toMatchObject({ count: 0, heads: [], random: false });
    expect(conditions[1]!.heads.map(formatHead)).toEqual(['L1H1']);
    expect(conditions[7]!.heads.map(formatHead)).toEqual(['L1H1', 'L0H0', 'L0H3']);
    for (const { count, heads, random } of conditions.slice(1)) {
      expect(heads).toHaveLength(count);
      const first = ranking.slice(0, count).map(formatHead);
      if (random) expect(heads.some((head) => first.includes(formatHead(head)))).toBe(false);
    }
    expect(await curveConditions(request, breathe)).toEqual(conditions);
  });
});

describe('completeCurve and curvePoints', () => {
  it('tell intervals over prompts of ranked heads, over draws of random ones', async () => {
    const state = startSweep<readonly TaskCell[]>(conditions.length);
    // Heads of the second layer cost more.
    const give = (heads: readonly HeadId[]) => Promise.resolve(cellsOf(heads, ({ layer }) => 1 + layer));
    await completeCurve(conditions, state, give, 2, job);
    const { ranked, random } = curvePoints(
      conditions,
      state.results.map((cells) => cells!),
    );
    expect(ranked.map(({ heads, accuracy, draws, prompts }) => [heads, accuracy, draws, prompts])).toEqual([
      [0, 1, 1, 20],
      [1, 0.9, 1, 20],
      [3, 0.8, 1, 20],
    ]);
    expect(ranked[2]).toMatchObject(wilson(16, 20));
    expect(random.map(({ heads, draws }) => [heads, draws])).toEqual([
      [0, 1],
      [1, 5],
      [3, 5],
    ]);
    expect(random[0]).toMatchObject({ accuracy: 1, low: 1, high: 1 });
    const drawn = conditions.flatMap(({ count, random: own, heads }) =>
      own && count === 3 ? [1 - heads.reduce((sum, { layer }) => sum + 1 + layer, 0) / 20] : [],
    );
    expect(random[2]!.accuracy).toBeCloseTo(drawn.reduce((a, b) => a + b, 0) / 5, 12);
    expect(random[2]!.low).toBeGreaterThanOrEqual(Math.min(...drawn));
    expect(random[2]!.high).toBeLessThanOrEqual(Math.max(...drawn));
  });

  it('go on where they were cancelled', async () => {
    const state = startSweep<readonly TaskCell[]>(conditions.length);
    const given: number[] = [];
    const stop = new Error('Cancelled');
    const give = (after: number) => (heads: readonly HeadId[]) => {
      if (given.length === after) return Promise.reject(stop);
      given.push(heads.length);
      return Promise.resolve(cellsOf(heads, () => 0));
    };
    await expect(completeCurve(conditions, state, give(4), 1, job)).rejects.toBe(stop);
    const phases = new Set<string>();
    await completeCurve(conditions, state, give(Infinity), 1, { ...job, progress: ({ phase }) => phases.add(phase) });
    expect(given).toEqual(conditions.map(({ count }) => count));
    expect([...phases][0]).toBe('1 random, draw 3 of 5, 5 of 13');
  });

  it('leave out random heads where none are drawn', async () => {
    const own = await curveConditions({ ...request, draws: 0 }, breathe);
    expect(own).toHaveLength(3);
    expect(
      curvePoints(
        own,
        own.map(({ heads }) => cellsOf(heads, () => 0)),
      ).random,
    ).toEqual([]);
  });
});
