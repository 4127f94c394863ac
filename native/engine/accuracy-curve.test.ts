/** The curve of the shipped model, whose task data is there. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { Engine } from '../public/engine.ts';
import { ADDON } from '../testing/open-forward.ts';
import { createEngine } from './create-engine.ts';

const resources = join(import.meta.dirname, '../../resources');
const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const heads = (...names: [number, number][]): HeadId[] => names.map(([layer, head]) => ({ layer, head }));
const RANKING = heads([1, 0], [1, 1], [1, 3], [1, 2]);
const TASK = { task: 'needle', lengths: [64], samples: 4, seed: 5 };

let engine: Engine;
beforeAll(async () => {
  engine = createEngine({
    shippedModel: join(resources, 'model'),
    tasks: join(resources, 'tasks'),
    addon: ADDON,
    threads: 2,
  });
  await engine.handlers['model.open']({ path: 'demo' }, context);
});
afterAll(() => engine.dispose());

const curve = (params: Partial<ParamsOf<'sweep.accuracy'>>, call = context) => {
  const request = { ...TASK, ranking: RANKING, counts: [1, 4], draws: 2, ...params };
  return engine.handlers['sweep.accuracy'](parseParams('sweep.accuracy', request), call);
};

it('is the accuracy of the task on the same prompts, with so many heads changed', async () => {
  const { ranked, random, ...about } = await curve({});
  expect(about).toMatchObject({ task: 'needle', badge: 'generated', change: { what: 'zero' }, ranking: RANKING });
  expect(random.map((point) => [point.heads, point.draws])).toEqual([
    [0, 1],
    [1, 2],
    [4, 2],
  ]);
  for (const { heads: count, accuracy, low, high, prompts } of ranked) {
    const interventions = RANKING.slice(0, count).map((where) => ({ what: 'zero' as const, where }));
    const alone = await engine.handlers['task.run'](parseParams('task.run', { ...TASK, interventions }), context);
    expect(accuracy).toBe(alone.mean);
    expect({ low, high }).toEqual({ low: alone.cells[0]!.low, high: alone.cells[0]!.high });
    expect(prompts).toBe(4);
  }
  // Without the heads that copy from afar it finds less.
  expect(ranked[2]!.accuracy).toBeLessThan(ranked[0]!.accuracy);
});

it('goes on where it was cancelled, and is known then', async () => {
  const controller = new AbortController();
  const progress: CallContext['progress'] = ({ phase }) => {
    if (phase.endsWith(', 4 of 7')) controller.abort();
  };
  await expect(curve({ seed: 6 }, { signal: controller.signal, progress })).rejects.toThrow('Cancelled');
  const phases = new Set<string>();
  const listening: CallContext = { ...context, progress: ({ phase }) => void phases.add(phase) };
  const found = await curve({ seed: 6 }, listening);
  expect(phases.size).toBeLessThanOrEqual(5);
  expect([...phases].at(-1)).toBe('4 random, draw 2 of 2, 7 of 7');
  phases.clear();
  expect(await curve({ seed: 6 }, listening)).toEqual(found);
  expect(phases.size).toBe(0);
});

it('refuses more heads than are ranked, heads that are not there, and unknown tasks', async () => {
  await expect(curve({ counts: [5] })).rejects.toThrow('The ranking has 4 heads, but 5 are to be changed.');
  await expect(curve({ ranking: heads([6, 0]) })).rejects.toThrow('There is no head L6H0.');
  await expect(curve({ task: 'nothing' })).rejects.toMatchObject({ code: 'bad-request' });
});
