import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { Engine, EngineOptions } from '../public/engine.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const LAYERS = 3;
const HEADS = 4;
const COUNT = LAYERS * HEADS;
const STREAMING = { scores: ['streaming-kl'], scoreParameters: { 'streaming-kl': { sink: 1, window: 4 } } };
const ids = Int32Array.from({ length: 40 }, (_, i) => (i * 13) % 61);

let root: string;
const engines: Engine[] = [];

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-sweeping-'));
  await writeTinyModel(path.join(root, 'model'), {
    family: 'qwen2',
    layers: LAYERS,
    heads: HEADS,
    kvHeads: 2,
    seed: 4,
  });
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.dispose();
});
afterAll(() => rm(root, { recursive: true }));

async function open(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const model = path.join(root, 'model');
  const engine = createEngine({ shippedModel: model, tasks: '', addon: '', threads: 1, ...options });
  engines.push(engine);
  await engine.handlers['model.open']({ path: 'demo' }, context);
  return engine;
}

function run(engine: Engine, interventions: Intervention[] = [], tokens = ids) {
  const prompt = { kind: 'ids' as const, ids: tokens };
  return engine.handlers['run.start']({ prompt, interventions, cut: false }, context);
}

async function sweep(engine: Engine, runId: string, call = context): Promise<ScoreTable> {
  const { scores } = await engine.handlers['run.scores']({ runId, ...STREAMING }, call);
  return scores[0]!;
}

describe('scores that cost forwards', () => {
  it('are told only where they are named, with the parameters that were used', async () => {
    const engine = await open();
    const { runId } = await run(engine);
    const { scores } = await engine.handlers['run.scores']({ runId }, context);
    expect(scores.filter(({ info }) => info.cost === 'forwards')).toEqual([]);
    const table = await sweep(engine, runId);
    expect(table).toMatchObject({ parameters: { sink: 1, window: 4 }, notApplicable: null, floor: null, spread: null });
    expect(table.values).toHaveLength(COUNT);
    expect(table.values!.every((value) => value > 0)).toBe(true);
    const { scores: all } = await engine.handlers['score.list']({}, context);
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(['streaming-kl', 'influence']));
  });

  it('say why they do not apply, and refuse parameters that they do not have', async () => {
    const engine = await open();
    const { runId } = await run(engine, [], ids.slice(0, 4));
    expect(await sweep(engine, runId)).toMatchObject({ values: null, notApplicable: 'Needs at least 6 tokens.' });
    const bad = { scores: ['influence'], scoreParameters: { influence: { window: 3 } } };
    await expect(engine.handlers['run.scores']({ runId, ...bad }, context)).rejects.toThrow('no parameter “window”');
  });

  it('go on where they were cancelled when they are asked for again', async () => {
    const engine = await open();
    const { runId } = await run(engine);
    const controller = new AbortController();
    const cancelled = sweep(engine, runId, {
      signal: controller.signal,
      progress: ({ phase }) => {
        if (phase === 'Head L1H3, 8 of 12') controller.abort();
      },
    });
    await expect(cancelled).rejects.toThrow('Cancelled');
    const phases = new Set<string>();
    const table = await sweep(engine, runId, { ...context, progress: ({ phase }) => phases.add(phase) });
    expect([...phases][0]).toBe('Head L1H3, 8 of 12');
    expect(phases.size).toBe(COUNT - 7);
    const other = await open();
    expect(table).toEqual(await sweep(other, (await run(other)).runId));
    // Known by now: nothing is computed.
    phases.clear();
    await sweep(engine, runId, { ...context, progress: ({ phase }) => phases.add(phase) });
    expect(phases.size).toBe(0);
  });

  it('keep the final norm that the run is frozen with', async () => {
    const engine = await open();
    const louder: Intervention = { what: 'scale', where: { layer: 0, head: 1 }, parameters: { factor: 5 } };
    const frozen = { prompt: { kind: 'ids' as const, ids }, finalNorm: 'frozen' as const, cut: false };
    const start = (...more: Intervention[]) =>
      engine.handlers['run.start']({ ...frozen, interventions: [louder, ...more] }, context);
    const lossUnder = async (...more: Intervention[]) => {
      const { nll } = await start(...more);
      return nll.subarray(1).reduce((sum, value) => sum + value, 0) / (ids.length - 1);
    };
    const { runId } = await start();
    const asked = { scores: ['influence', 'michel'], scoreParameters: { michel: { epsilon: 1, sign: 1 } } };
    const { scores } = await engine.handlers['run.scores']({ runId, ...asked }, context);
    const base = await lossUnder();
    const where = { layer: 1, head: 2 };
    const at = where.layer * HEADS + where.head;
    expect(scores[0]!.values![at]).toBeCloseTo(((await lossUnder({ what: 'uniform', where })) - base) / base, 6);
    expect(scores[1]!.values![at]).toBeCloseTo((await lossUnder({ what: 'zero', where })) - base, 6);
    const influence = await engine.handlers['run.influence']({ runId, heads: [where] }, context);
    expect(influence.ratio).toBeCloseTo(scores[0]!.values![at]!, 9);
  });

  it('give the same numbers of a run on disk, and of one that is let go of meanwhile', async () => {
    const engine = await open();
    const expected = await sweep(engine, (await run(engine)).runId);
    const small = await open({ captureBudgetBytes: 140_000, spillFolder: path.join(root, 'spill') });
    expect((await small.handlers['run.estimate']({ tokens: ids.length }, context)).onDisk).toBe(true);
    const { runId } = await run(small);
    let released: Promise<unknown> | undefined;
    const progress = ({ done }: { readonly done: number }) => {
      if (done >= 2) released ??= small.handlers['run.release']({ runId }, context);
    };
    expect((await sweep(small, runId, { ...context, progress })).values).toEqual(expected.values);
    await released;
    await expect(sweep(small, runId)).rejects.toThrow('no longer held');
  });
});

describe('run.influence', () => {
  it('is that of the single head, and keeps the interventions of the run', async () => {
    const engine = await open();
    const ablated: Intervention[] = [{ what: 'zero', where: { layer: 1, head: 2 } }];
    for (const interventions of [[], ablated]) {
      const { runId, nll } = await run(engine, interventions);
      const { scores } = await engine.handlers['run.scores']({ runId, scores: ['influence'] }, context);
      const heads = [{ layer: 1, head: 2 }];
      const { base, changed, ratio, nllDelta } = await engine.handlers['run.influence']({ runId, heads }, context);
      expect(ratio).toBe(scores[0]!.values![HEADS + 2]);
      expect(ratio === 0).toBe(interventions.length > 0);
      const mean = nll.subarray(1).reduce((sum, value) => sum + value, 0) / (ids.length - 1);
      expect(base).toBeCloseTo(mean, 6);
      expect(changed).toBeCloseTo(base * (1 + ratio), 6);
      expect(nllDelta).toHaveLength(ids.length);
    }
  });

  it('refuses heads that are not there, prompts without a loss, and stored runs', async () => {
    const engine = await open();
    const { runId } = await run(engine);
    const ask = (id: string, layer = 0) =>
      engine.handlers['run.influence']({ runId: id, heads: [{ layer, head: 0 }] }, context);
    await expect(ask(runId, LAYERS)).rejects.toThrow('There is no head L3H0.');
    await expect(ask((await run(engine, [], ids.slice(0, 1))).runId)).rejects.toThrow('there is no loss');
    const choice = { heads: [], tokenRows: [], maps: [], differences: [], clean: null };
    const stored = await engine.handlers['run.store']({ runId, ...choice }, context);
    await engine.handlers['run.attach']({ runId: 'stored', run: stored, tensors: null }, context);
    await expect(ask('stored')).rejects.toMatchObject({ code: 'not-stored' });
  });
});
