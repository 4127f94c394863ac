import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { ParamsOf, ResultOf } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import { EFFECT_METRICS, effectSize, type Change, type Effect } from '../../shared/model/effect.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { FinalNorm, Intervention } from '../../shared/model/intervention.ts';
import { headsAt, type Place, type PlaceKind } from '../../shared/model/place.ts';
import { allPlaces } from '../sweeps/sweep-places.ts';
import { ADDON } from '../testing/open-forward.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import type { Engine, EngineOptions } from '../public/engine.ts';
import { createEngine } from './create-engine.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const SHAPE = { layers: 3, heads: 4, kvHeads: 2 };
const COUNT = SHAPE.layers * SHAPE.heads;
const TOKENS = 40;
const VOCAB = 61;
const ids = Int32Array.from({ length: TOKENS }, (_, i) => (i * 13 + (i % 7) * 5) % VOCAB);
const others = [0, 1].map((shift) => Array.from(ids, (id) => (id + 3 + shift) % VOCAB));
const ABLATED: Intervention[] = [
  { what: 'zero', where: { layer: 1, head: 1 } },
  { what: 'temperature', where: { layer: 1, head: 2 }, parameters: { temperature: 2 } },
  { what: 'scale', where: { layer: 2, head: 3 }, parameters: { factor: 0.5 } },
];
const TARGET = { position: 30, token: 5, against: 9 };

let root: string;
let engine: Engine;
const engines: Engine[] = [];

async function open(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const created = createEngine({
    shippedModel: path.join(root, 'model'),
    tasks: '',
    addon: ADDON,
    threads: 2,
    spillFolder: path.join(root, 'spill'),
    ...options,
  });
  engines.push(created);
  await created.handlers['model.open']({ path: 'demo' }, context);
  return created;
}

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-run-sweeps-'));
  await writeTinyModel(path.join(root, 'model'), { family: 'qwen2', ...SHAPE, seed: 6 });
  engine = await open();
});
afterAll(async () => {
  for (const each of engines) await each.dispose();
  await rm(root, { recursive: true });
});

function start(of: Engine, interventions: readonly Intervention[], finalNorm?: FinalNorm, tokens = ids) {
  const prompt = { kind: 'ids' as const, ids: tokens };
  const norm = finalNorm === undefined ? {} : { finalNorm };
  return of.handlers['run.start']({ prompt, interventions: [...interventions], cut: false, ...norm }, context);
}

type SweepMethod = 'sweep.heads' | 'sweep.greedy' | 'sweep.dose' | 'sweep.random' | 'sweep.importance';

type Ask = <M extends SweepMethod>(
  of: Engine,
  method: M,
  params: ParamsOf<M>,
  call?: CallContext,
) => Promise<ResultOf<M>>;

const ask: Ask = async (of, method, params, call = context) => {
  const handler = of.handlers[method] as (given: unknown, own: CallContext) => unknown;
  return (await handler(parseParams(method, params), call)) as ResultOf<typeof method>;
};

/** The effect of one more change by separate runs. */
async function byRuns(
  on: readonly Intervention[],
  added: readonly Intervention[],
  finalNorm: FinalNorm,
): Promise<Effect> {
  const before = await start(engine, on, finalNorm);
  const after = await start(engine, [...on, ...added], finalNorm);
  const { klPerToken, nllDelta, topChanged } = await engine.handlers['run.compare'](
    { clean: before.runId, changed: after.runId },
    context,
  );
  const difference = async (runId: string) => {
    const tokens = [TARGET.token, TARGET.against];
    const { logits } = await engine.handlers['run.logits']({ runId, position: TARGET.position, tokens }, context);
    return logits[0]! - logits[1]!;
  };
  const effect = {
    kl: klPerToken.reduce((sum, value) => sum + value, 0) / TOKENS,
    'kl-last': klPerToken[TARGET.position]!,
    nll: nllDelta.subarray(1).reduce((sum, value) => sum + value, 0) / (TOKENS - 1),
    'logit-difference': (await difference(after.runId)) - (await difference(before.runId)),
    agreement: topChanged!.filter((changed) => changed === 0).length / TOKENS,
  };
  for (const { runId } of [after]) await engine.handlers['run.release']({ runId }, context);
  return effect;
}

const CHANGES: readonly (readonly [PlaceKind, Change])[] = [
  ['head', { what: 'zero' }],
  ['head', { what: 'scale', parameters: { factor: -0.5 }, rows: [{ start: 10, end: 25 }] }],
  ['head', { what: 'mean', parameters: { by: 'position' }, source: { prompts: others } }],
  ['head', { what: 'resample', source: { prompts: others } }],
  ['head', { what: 'uniform' }],
  ['head', { what: 'streaming', parameters: { sink: 1, window: 4 } }],
  ['head', { what: 'zero-values', keys: [{ start: 0, end: 3 }] }],
  ['head', { what: 'freeze' }],
  ['head', { what: 'sigmoid', parameters: { bias: 'log-visible' } }],
  ['head', { what: 'patch', parameters: { what: 'pattern' }, source: { prompts: [others[0]!] } }],
  ['kv-group', { what: 'drop-keys', keys: [{ start: 0, end: 3 }] }],
  ['kv-group', { what: 'patch', parameters: { what: 'v' }, source: { prompts: [others[0]!] } }],
  ['layer', { what: 'temperature', parameters: { temperature: 0.5 } }],
  ['layer', { what: 'residual', rows: [{ start: 0, end: 1 }], parameters: { to: 'mean', dimension: 3 } }],
];

describe('sweep.heads', () => {
  it.each(CHANGES)('%s %o: what separate runs say, bit for bit, alone and on top of others', async (places, change) => {
    for (const on of [[], ABLATED]) {
      const { runId } = await start(engine, on);
      const sweep = await ask(engine, 'sweep.heads', { runId, change, places, target: TARGET });
      expect(sweep.target).toMatchObject({ position: 30, token: { id: 5 }, against: { id: 9 } });
      expect(sweep.tables.map(({ info }) => info.id)).toEqual(EFFECT_METRICS.map((metric) => `effect-${metric}`));
      const all = allPlaces(places, SHAPE);
      expect(sweep.work.forwards).toBe(all.length);
      // One place of each layer.
      for (const where of [all[0]!, all[Math.floor(all.length / 2)]!, all.at(-1)!]) {
        const effect = await byRuns(on, [{ ...change, where }], 'recomputed');
        for (const [at, metric] of EFFECT_METRICS.entries()) {
          for (const { layer, head } of headsAt(where, SHAPE)) {
            const found = sweep.tables[at]!.values![layer * SHAPE.heads + head]!;
            if (metric === 'nll' || metric === 'kl') expect(found).toBeCloseTo(effect[metric], 6);
            else expect(found).toBe(effect[metric]);
          }
        }
      }
    }
  });

  it('keeps the scale of the clean run’s final norm where that is asked for', async () => {
    for (const on of [[], ABLATED]) {
      const { runId } = await start(engine, on);
      const target = { ...TARGET, finalNorm: 'frozen' } as const;
      const sweep = await ask(engine, 'sweep.heads', { runId, change: { what: 'zero' }, target });
      const effect = await byRuns(on, [{ what: 'zero', where: { layer: 2, head: 1 } }], 'frozen');
      for (const [at, metric] of EFFECT_METRICS.entries()) {
        expect(sweep.tables[at]!.values![2 * SHAPE.heads + 1]).toBeCloseTo(effect[metric], 5);
      }
      expect(sweep.tables[0]!.info.definition).toContain('The final norm keeps the clean run’s scale.');
    }
  });

  it('goes on where it was cancelled, and knows what it found', async () => {
    const own = await open();
    const { runId } = await start(own, []);
    const controller = new AbortController();
    const sweep = (call: CallContext) => ask(own, 'sweep.heads', { runId, change: { what: 'uniform' } }, call);
    const progress: CallContext['progress'] = ({ phase }) => {
      if (phase.endsWith('8 of 12')) controller.abort();
    };
    await expect(sweep({ signal: controller.signal, progress })).rejects.toThrow('Cancelled');
    const phases = new Set<string>();
    const listening = { ...context, progress: ({ phase }: { phase: string }) => void phases.add(phase) };
    const found = await sweep(listening);
    expect(phases.size).toBeLessThanOrEqual(6);
    expect([...phases].at(-1)).toBe('Head L2H3, 12 of 12');
    const { runId: other } = await start(engine, []);
    const whole = await ask(engine, 'sweep.heads', { runId: other, change: { what: 'uniform' } });
    expect(found.tables).toEqual(whole.tables);
    phases.clear();
    expect((await sweep(listening)).tables).toEqual(whole.tables);
    expect(phases.size).toBe(0);
  });

  it('gives the same of a run on disk', async () => {
    const small = await open({ captureBudgetBytes: 140_000 });
    expect((await small.handlers['run.estimate']({ tokens: TOKENS }, context)).onDisk).toBe(true);
    const tables = async (of: Engine) => {
      const { runId } = await start(of, ABLATED);
      return (
        await ask(of, 'sweep.heads', { runId, change: { what: 'streaming', parameters: { sink: 1, window: 4 } } })
      ).tables;
    };
    expect(await tables(small)).toEqual(await tables(engine));
  });

  it('refuses what the run does not have', async () => {
    const { runId } = await start(engine, []);
    const change = { what: 'zero' } as const;
    const refused = (params: Partial<ParamsOf<'sweep.heads'>>) =>
      ask(engine, 'sweep.heads', { runId, change, ...params });
    await expect(refused({ target: { position: TOKENS } })).rejects.toThrow('There is no position 40.');
    await expect(refused({ target: { against: VOCAB } })).rejects.toThrow('There is no token 61');
    await expect(refused({ change: { what: 'residual' } })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(refused({ change: { what: 'scale', parameters: { factor: 1e39 } } })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(refused({ runId: 'gone' })).rejects.toMatchObject({ code: 'unknown-run' });
    const choice = { heads: [], tokenRows: [], maps: [], differences: [], clean: null };
    const stored = await engine.handlers['run.store']({ runId, ...choice }, context);
    await engine.handlers['run.attach']({ runId: 'stored', run: stored, tensors: null }, context);
    await expect(refused({ runId: 'stored' })).rejects.toMatchObject({ code: 'not-stored' });
  });
});

describe('sweep.greedy', () => {
  it('takes the place with the largest joint effect at every step', async () => {
    const { runId } = await start(engine, ABLATED);
    for (const metric of ['kl', 'nll'] as const) {
      const request = { runId, change: { what: 'uniform' }, metric, count: 3, target: TARGET } as const;
      const { steps, work } = await ask(engine, 'sweep.greedy', request);
      expect(steps).toHaveLength(3);
      expect(work.forwards).toBe(12 + 11 + 10);
      const taken: Intervention[] = [];
      for (const { place, effect } of steps) {
        let best = -1;
        for (const where of allPlaces('head', SHAPE)) {
          if (taken.some((entry) => JSON.stringify(entry.where) === JSON.stringify(where))) continue;
          const size = effectSize(metric, await byRuns(ABLATED, [...taken, { what: 'uniform', where }], 'recomputed'));
          best = Math.max(best, size);
        }
        expect(effectSize(metric, effect)).toBeCloseTo(best, 6);
        taken.push({ what: 'uniform', where: place });
      }
      // More of them go on from there, fewer are known.
      const phases: string[] = [];
      const call = { ...context, progress: ({ phase }: { phase: string }) => void phases.push(phase) };
      const more = await ask(engine, 'sweep.greedy', { ...request, count: 4 }, call);
      expect(more.steps.slice(0, 3)).toEqual(steps);
      expect(phases.every((phase) => phase.startsWith('Step 4 of 4: '))).toBe(true);
      phases.length = 0;
      expect((await ask(engine, 'sweep.greedy', { ...request, count: 2 }, call)).steps).toEqual(steps.slice(0, 2));
      expect(phases).toEqual([]);
    }
  });

  it('ends where there are no more places', async () => {
    const { runId } = await start(engine, []);
    const all = await ask(engine, 'sweep.greedy', { runId, change: { what: 'zero' }, places: 'layer', count: 9 });
    expect(all.steps.map(({ place }) => place.layer).sort()).toEqual([0, 1, 2]);
  });
});

describe('sweep.dose', () => {
  it('is nothing at 1, what zero is at 0, and what runs say elsewhere', async () => {
    for (const place of [{ layer: 1, head: 3 }, { layer: 0, kvHead: 1 }, { layer: 2 }] satisfies Place[]) {
      const { runId } = await start(engine, []);
      const factors = [-1, 0, 0.5, 1, 2];
      const dose = await ask(engine, 'sweep.dose', { runId, place, factors, target: TARGET });
      expect([...dose.factors]).toEqual(factors);
      expect(dose.effects[3]).toEqual({ kl: 0, 'kl-last': 0, nll: 0, 'logit-difference': 0, agreement: 1 });
      const zero = await byRuns([], [{ what: 'zero', where: place }], 'recomputed');
      const twice = await byRuns([], [{ what: 'scale', where: place, parameters: { factor: 2 } }], 'recomputed');
      for (const metric of EFFECT_METRICS) {
        expect(dose.effects[1]![metric]).toBeCloseTo(zero[metric], 6);
        expect(dose.effects[4]![metric]).toBeCloseTo(twice[metric], 6);
      }
    }
  });
});

describe('sweep.random', () => {
  it('holds a set against others of the same layers', async () => {
    const heads: HeadId[] = [
      { layer: 0, head: 1 },
      { layer: 2, head: 0 },
      { layer: 2, head: 3 },
    ];
    const { runId } = await start(engine, []);
    const zero: Change = { what: 'zero' };
    const request = {
      runId,
      change: zero,
      heads: [...heads, heads[0]!],
      draws: 10,
      seed: 3,
      target: TARGET,
    };
    const { effect, draws, interval, work } = await ask(engine, 'sweep.random', request);
    expect(work.forwards).toBe(11);
    const ablation = (of: readonly HeadId[]): Intervention[] => of.map((where) => ({ what: 'zero', where }));
    const own = await byRuns([], ablation(heads), 'recomputed');
    const drawn = await byRuns([], ablation(draws[4]!.heads), 'recomputed');
    for (const metric of EFFECT_METRICS) {
      expect(effect[metric]).toBeCloseTo(own[metric], 6);
      expect(draws[4]!.effect[metric]).toBeCloseTo(drawn[metric], 6);
      const values = draws.map((draw) => draw.effect[metric]).sort((a, b) => a - b);
      const { low, high, below } = interval[metric];
      expect(low).toBeGreaterThanOrEqual(values[0]!);
      expect(high).toBeLessThanOrEqual(values.at(-1)!);
      expect(low).toBeLessThanOrEqual(high);
      const smaller = draws.filter((draw) => effectSize(metric, draw.effect) < effectSize(metric, effect));
      expect(below).toBe(smaller.length / 10);
    }
    for (const draw of draws) expect(draw.heads.map(({ layer }) => layer)).toEqual([0, 2, 2]);
    await expect(ask(engine, 'sweep.random', { ...request, heads: [{ layer: 3, head: 0 }] })).rejects.toThrow('L3H0');
  });
});

describe('sweep.importance', () => {
  it('is the slope of the loss beside the loss without the head, and their error', async () => {
    const { runId } = await start(engine, []);
    const signed = await ask(engine, 'sweep.importance', { runId, signed: true, epsilon: 0.1 });
    const magnitude = await ask(engine, 'sweep.importance', { runId, epsilon: 0.1 });
    const lossOf = async (factor: number, where: HeadId) =>
      (await byRuns([], [{ what: 'scale', where, parameters: { factor } }], 'recomputed')).nll;
    for (const at of [0, 5, 11]) {
      const where = { layer: Math.floor(at / 4), head: at % 4 };
      expect(signed.approximate.values![at]).toBeCloseTo((await lossOf(0.9, where)) / 0.1, 5);
      expect(signed.exact.values![at]).toBeCloseTo(await lossOf(0, where), 6);
    }
    expect(magnitude.approximate.values).toEqual(signed.approximate.values!.map(Math.abs));
    expect(magnitude.exact.values).toEqual(signed.exact.values!.map(Math.abs));
    expect(signed.error.heads).toBe(COUNT);
    expect(signed.error.pearson).toBeGreaterThan(0.5);
    expect(signed.error.maxError).toBeGreaterThanOrEqual(signed.error.meanError);
    expect(signed.approximate.info.id).toBe('michel');
    expect(signed.exact.info.id).toBe('effect-nll');
    // With a gate that closes altogether both are one thing.
    const closed = await ask(engine, 'sweep.importance', { runId, epsilon: 1 });
    expect(closed.error).toMatchObject({ maxError: 0, pearson: 1 });
    // The registered score says the same.
    const { scores } = await engine.handlers['run.scores'](
      { runId, scores: ['michel'], scoreParameters: { michel: { epsilon: 0.1 } } },
      context,
    );
    scores[0]!.values!.forEach((value, at) => expect(value).toBeCloseTo(magnitude.approximate.values![at]!, 5));
  });

  it('refuses a prompt without a loss', async () => {
    const { runId } = await start(engine, [], undefined, ids.slice(0, 1));
    await expect(ask(engine, 'sweep.importance', { runId })).rejects.toThrow('there is no loss');
    await expect(ask(engine, 'sweep.greedy', { runId, change: { what: 'zero' }, metric: 'nll' })).rejects.toThrow(
      'there is no loss',
    );
  });
});
