import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import { loadAddon } from '../attention/load-addon.ts';
import type { Engine } from '../public/engine.ts';
import { decodeStoredRun, encodeStoredRun } from '../session/stored-run-codec.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const addon = `${import.meta.dirname}/../../out/addon/attention.node`;
const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };

let root: string;
let engine: Engine;
let runId: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-scores-'));
  await writeTinyModel(root, { family: 'qwen2', layers: 3, heads: 4, kvHeads: 2, context: 128, seed: 5 });
  engine = createEngine({ shippedModel: root, tasks: '', addon, threads: 1 });
  await engine.handlers['model.open']({ path: 'demo' }, context);
  runId = (await run(engine)).runId;
});
afterAll(async () => {
  await engine.dispose();
  await rm(root, { recursive: true });
});

const half = Array.from({ length: 40 }, (_, i) => (i * i + 3) % 59);

function run(of: Engine, choice: object = {}) {
  const prompt = { kind: 'ids', ids: Int32Array.from([...half, ...half]) } as const;
  return of.handlers['run.start']({ prompt, interventions: [], cut: false, ...choice }, context);
}

function ask(request: object = {}, within: CallContext = context) {
  return engine.handlers['run.scores']({ runId, ...request }, within).then(({ scores }) => scores);
}

describe('run.scores', () => {
  it('tells what costs nothing where nothing is named, and every score of the list by name', async () => {
    const { scores: list } = await engine.handlers['score.list']({}, context);
    expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
    const quick = await ask();
    expect(quick.map(({ info }) => info.id)).toContain('induction');
    expect(quick.every(({ info }) => info.cost === 'run')).toBe(true);
    const ofPrompt = list.filter(({ data }) => data === 'text' || data === 'repeat');
    const wanted = ofPrompt.filter(({ cost }) => cost === 'run' || cost === 'pass').map(({ id }) => id);
    const tables = await ask({ scores: wanted });
    expect(tables.map(({ info }) => info.id)).toEqual(wanted);
    for (const { info, values, notApplicable, parameters } of tables) {
      expect(values === null, info.id).toBe(notApplicable !== null);
      if (values !== null) expect(values, info.id).toHaveLength(12);
      expect(Object.keys(parameters), info.id).toEqual(info.parameters.map(({ id }) => id));
    }
  });

  it('answers again what it told, and computes anew for other parameters', async () => {
    const [first] = await ask({ scores: ['top-p'] });
    const [other, again] = await Promise.all([
      ask({ scores: ['top-p'], scoreParameters: { 'top-p': { mass: 0.5 } } }),
      ask({ scores: ['top-p'] }),
    ]);
    expect(again[0]).toBe(first);
    expect(other[0]!.parameters['mass']).toBe(0.5);
    other[0]!.values!.forEach((width, at) => expect(width).toBeLessThan(first!.values![at]!));
  });

  it('has no sinks of a head whose weights are no softmax, nor of a group by it', async () => {
    const where = { layer: 1, head: 1 };
    const { runId: changed } = await run(engine, { interventions: [{ what: 'sigmoid', where }] });
    const { runId: alone } = await run(engine, {
      interventions: [{ what: 'sigmoid', where: { layer: 1, kvHead: 0 } }],
    });
    const scores = ['hidden-sinks', 'sink-cosine', 'value-drain'];
    const at = 4 + 1;
    const [hidden, cosine, drain] = await ask({ runId: changed, scores });
    expect([hidden!.values![at], cosine!.values![at]]).toEqual([NaN, NaN]);
    expect(hidden!.values!.filter(Number.isNaN)).toHaveLength(1);
    expect(drain!.values!.some(Number.isNaN)).toBe(false);
    const [, , ofNone] = await ask({ runId: alone, scores });
    expect(Array.from(ofNone!.values!.keys()).filter((head) => Number.isNaN(ofNone!.values![head]))).toEqual([4, 5]);
  });

  it('refuses scores and parameters that there are none of', async () => {
    await expect(ask({ scores: ['nope'] })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(ask({ scores: ['self'], scoreParameters: { self: { x: 1 } } })).rejects.toMatchObject({
      code: 'bad-request',
      message: 'The score self has no parameter “x”.',
    });
    await expect(ask({ scoreParameters: { nope: {} } })).rejects.toThrow('A run has no score “nope”.');
  });

  it('tells how far a pass is, and leaves it where it is cancelled', async () => {
    const seen: Progress[] = [];
    const from = (row: number) => ({ scores: ['gini'], scoreParameters: { gini: { from: row } } });
    await ask(from(7), { ...context, progress: (progress) => seen.push(progress) });
    expect(seen.some(({ phase }) => phase === 'Scores, layer 3 of 3')).toBe(true);
    expect(seen.at(-1)!.done).toBeCloseTo(seen.at(-1)!.total, 6);
    const controller = new AbortController();
    const asked = ask(from(9), { signal: controller.signal, progress: () => controller.abort() });
    await expect(asked).rejects.toMatchObject({ name: 'CancelledError' });
    expect((await ask(from(9)))[0]!.values).toHaveLength(12);
  });

  it('tells along with the run what it tells afterwards, bit for bit', async () => {
    const { scores: list } = await engine.handlers['score.list']({}, context);
    const wanted = list
      .filter(({ data, cost }) => (data === 'text' || data === 'repeat') && (cost === 'run' || cost === 'pass'))
      .map(({ id }) => id);
    const scoreParameters = { 'entropy-sink-free': { sinks: 4 }, 'local-32-sink-free': { sinks: 7 } };
    const choice = { scores: wanted, scoreParameters };
    const another = createEngine({ shippedModel: root, tasks: '', addon, threads: 2 });
    await another.handlers['model.open']({ path: 'demo' }, context);
    const along = await run(another, choice);
    const phases: string[] = [];
    const told = await another.handlers['run.scores'](
      { runId: along.runId, ...choice },
      { ...context, progress: ({ phase }) => phases.push(phase) },
    );
    const afterwards = await ask(choice);
    expect(told.scores.filter(({ values }) => values !== null).length).toBeGreaterThan(30);
    expect(told.scores).toEqual(afterwards);
    expect(along.nll).toEqual((await run(engine)).nll);
    // Nothing is left to be looked at again, but for what waits for the prediction.
    if (loadAddon(addon).addon !== null) {
      const others = phases.filter((phase) => phase.startsWith('Scores'));
      expect(others).toEqual([]);
    }
    await another.dispose();
  });

  it('leaves no run behind where one with scores is cancelled or asks for what there is none of', async () => {
    const prompt = { kind: 'ids', ids: Int32Array.from(half) } as const;
    const start = (choice: object, within: CallContext = context) =>
      engine.handlers['run.start']({ prompt, interventions: [], cut: false, ...choice }, within);
    await expect(start({ scores: ['nope'] })).rejects.toMatchObject({ code: 'bad-request' });
    const wrong = { scores: ['top-p'], scoreParameters: { 'top-p': { mass: 9 } } };
    if (loadAddon(addon).addon !== null) await expect(start(wrong)).rejects.toMatchObject({ code: 'bad-request' });
    const controller = new AbortController();
    const progress = ({ phase }: Progress) => {
      if (phase === 'Layer 2 of 3') controller.abort();
    };
    const stopped = start({ scores: ['gini', 'streaming'] }, { signal: controller.signal, progress });
    await expect(stopped).rejects.toMatchObject({ name: 'CancelledError' });
    const { runId: whole } = await start({ scores: ['gini'] });
    const { scores: found } = await engine.handlers['run.scores']({ runId: whole, scores: ['gini'] }, context);
    expect(found[0]!.values).toHaveLength(12);
  });

  it('says what needs the addon, and tells the rest, on a machine without it', async () => {
    const bare = createEngine({ shippedModel: root, tasks: '', addon: '', threads: 1 });
    await bare.handlers['model.open']({ path: 'demo' }, context);
    const other = await run(bare);
    const wanted = ['streaming', 'streaming-mass', 'participation'];
    const { scores } = await bare.handlers['run.scores']({ runId: other.runId, scores: wanted }, context);
    expect(scores[2]!.notApplicable).toMatch(/^Needs the C\+\+ attention addon/);
    const here = await ask({ scores: wanted });
    if (loadAddon(addon).addon !== null) expect(here[2]!.values).toHaveLength(12);
    for (const at of [0, 1]) {
      scores[at]!.values!.forEach((value, i) => expect(value).toBeCloseTo(here[at]!.values![i]!, 4));
    }
    await bare.dispose();
  });

  it('gives attention by distance, which sums to 1 for every head', async () => {
    const { bins, values } = await engine.handlers['run.distances']({ runId }, context);
    expect(values).toHaveLength(12 * bins);
    for (let head = 0; head < 12; head++) {
      const mass = values.subarray(head * bins, (head + 1) * bins).reduce((sum, share) => sum + share, 0);
      expect(mass).toBeCloseTo(1, 4);
    }
  });

  it('is kept in a session with the parameters that are wanted, else as it was asked for last', async () => {
    const choice = { runId, heads: [], tokenRows: [], maps: [], differences: [], clean: null };
    const kept = async (scoreParameters?: Record<string, Record<string, number>>) => {
      const { scores } = await engine.handlers['run.store'](
        { ...choice, ...(scoreParameters && { scoreParameters }) },
        context,
      );
      return scores.find(({ info }) => info.id === 'top-p')!.parameters['mass'];
    };
    const [first] = await ask({ scores: ['top-p'] });
    for (const mass of [0.6, 0.7]) await ask({ scores: ['top-p'], scoreParameters: { 'top-p': { mass } } });
    const byDefault = first!.parameters['mass'];
    expect(await kept()).toBe(0.7);
    expect(await kept({})).toBe(byDefault);
    expect(await kept({ 'top-p': { mass: 0.6 } })).toBe(0.6);
    expect(await kept({ 'top-p': { mass: 0.65 } })).toBe(0.7);
  });

  it('is kept in a session with what was computed, which then answers without the model', async () => {
    await ask({ scores: ['streaming-mass'], scoreParameters: { 'streaming-mass': { window: 12 } } });
    const choice = { runId, heads: [], tokenRows: [], maps: [], differences: [], clean: null };
    const stored = decodeStoredRun(encodeStoredRun(await engine.handlers['run.store'](choice, context)));
    const offline = createEngine({ shippedModel: '', tasks: '', addon, threads: 1 });
    const summary = await offline.handlers['run.attach']({ runId: 'kept', run: stored, tensors: null }, context);
    const of = (request: object) => offline.handlers['run.scores']({ runId: summary.runId, ...request }, context);
    const { scores } = await of({ scores: ['streaming-mass'], scoreParameters: { 'streaming-mass': { window: 12 } } });
    const [live] = await ask({ scores: ['streaming-mass'], scoreParameters: { 'streaming-mass': { window: 12 } } });
    expect(scores[0]!.values).toEqual(live!.values);
    expect(scores[0]!.parameters).toEqual(live!.parameters);
    const code = (request: object) => expect(of(request)).rejects;
    await code({ scores: ['streaming-mass'], scoreParameters: { 'streaming-mass': { window: 13 } } }).toMatchObject({
      code: 'not-stored',
    });
    await code({ scores: ['influence'] }).toMatchObject({ code: 'not-stored' });
    await code({ scores: ['nope'] }).toMatchObject({ code: 'bad-request' });
    await offline.dispose();
  });
});
