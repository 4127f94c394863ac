/** Reads of methods and the runs that their probabilities come from, in one engine. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { Engine } from '../public/engine.ts';
import { ADDON } from '../testing/open-forward.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const ids = Int32Array.from({ length: 60 }, (_, i) => (i * 13) % 61);
const other = ids.map((id) => (id * 7 + 5) % 61);
const tile = { level: 0, tileRow: 0, tileColumn: 0, reducer: 'max', skipKeys: 0 } as const;
let root: string;
const engines: Engine[] = [];

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-traces-'));
  await writeTinyModel(path.join(root, 'model'), { family: 'qwen2', layers: 3, heads: 4, kvHeads: 2, seed: 4 });
});
afterAll(async () => {
  for (const engine of engines) await engine.dispose();
  await rm(root, { recursive: true });
});

async function open(): Promise<Engine> {
  const engine = createEngine({ shippedModel: path.join(root, 'model'), tasks: '', addon: ADDON, threads: 1 });
  engines.push(engine);
  await engine.handlers['model.open']({ path: 'demo' }, context);
  return engine;
}

async function start({ handlers }: Engine, of = ids): Promise<string> {
  const prompt = { kind: 'ids' as const, ids: of };
  return (await handlers['run.start']({ prompt, interventions: [], cut: false }, context)).runId;
}

async function run(
  { handlers }: Engine,
  params: Pick<ParamsOf<'method.run'>, 'runId'> & Partial<ParamsOf<'method.run'>>,
) {
  const asked = { method: 'snapkv', promptLength: 40, budgets: [{ keys: 8 }], ...params };
  const { results } = await handlers['method.run'](parseParams('method.run', asked), context);
  return results[0]!;
}

/** Everything that reads q and k of the run. */
async function answersOf({ handlers }: Engine, trace: string) {
  return {
    row: await handlers['method.row']({ trace, layer: 1, head: 2, query: 50 }, context),
    step: await handlers['method.step']({ trace, query: 55 }, context),
    key: await handlers['method.key']({ trace, query: 55, key: 9 }, context),
    tile: await handlers['method.tile']({ trace, layer: 2, head: 1, value: 'difference', ...tile }, context),
  };
}

describe('reads of methods', () => {
  it('agree with what the method was measured to lose, and with the dense run', async () => {
    const engine = await open();
    const runId = await start(engine);
    const result = await run(engine, { runId });
    const trace = result.trace!;
    for (const query of [40, 47, 59]) {
      const { lostMass } = await engine.handlers['method.step']({ trace, query }, context);
      const mean = lostMass.reduce((sum, each) => sum + each, 0) / lostMass.length;
      expect(mean).toBeCloseTo(result.lostMassByQuery[query - 40]!, 5);
    }
    const { row } = await answersOf(engine, trace);
    const { outgoing } = await engine.handlers['run.token']({ runId, layer: 1, head: 2, index: 50 }, context);
    row.dense.forEach((probability, key) => expect(probability).toBeCloseTo(outgoing[key]!, 6));
    const dense = await run(engine, { runId, method: 'dense' });
    const map = { layer: 2, head: 1, value: 'probability', ...tile } as const;
    const own = await engine.handlers['method.tile']({ trace: dense.trace!, ...map }, context);
    const whole = await engine.handlers['run.tile']({ runId, ...map }, context);
    own.values.forEach((value, at) => {
      if (Number.isNaN(whole.values[at])) expect(value).toBeNaN();
      else expect(Math.abs(value - whole.values[at]!)).toBeLessThan(1e-5);
    });
  });

  it('are of the rows of the prompt for methods of these alone', async () => {
    const engine = await open();
    const runId = await start(engine);
    const { trace } = await run(engine, { runId, method: 'vertical-slash', budgets: [] });
    const rows = await engine.handlers['method.rows']({ trace: trace!, layer: 0, head: 0 }, context);
    expect(rows).toMatchObject({ firstRow: 0, rows: 40, tokens: 60 });
    const after = await engine.handlers['method.row']({ trace: trace!, layer: 0, head: 0, query: 45 }, context);
    expect(after.keys).toHaveLength(46);
    expect(after.lostMass).toBe(0);
  });

  it('say so of methods that change keys, values or outputs', async () => {
    const engine = await open();
    const { trace } = await run(engine, {
      runId: await start(engine),
      method: 'kivi',
      budgets: [],
      parameters: { group: 4, residual: 8 },
    });
    await expect(answersOf(engine, trace!)).rejects.toThrow('changes keys, values or outputs');
    const changed = await engine.handlers['method.row']({ trace: trace!, layer: 1, head: 2, query: 50 }, context);
    expect(changed.probabilities).toBeNull();
    expect(changed.keys).toHaveLength(51);
  });

  it('are of the q and k that a forward under the method made, with the run and without it', async () => {
    const engine = await open();
    const { handlers } = engine;
    const runId = await start(engine);
    const { trace } = await run(engine, { runId, fidelity: 'F2' });
    const local = (await run(engine, { runId })).trace!;
    const denseOf = async (of: string, layer: number) =>
      (await handlers['method.row']({ trace: of, layer, head: 2, query: 50 }, context)).dense;
    // What enters layer 0 is what the tokens are; what enters the next has gone through the method.
    const differences = [0, 1].map(async (layer) => {
      const [own, dense] = [await denseOf(trace!, layer), await denseOf(local, layer)];
      return Math.max(...own.map((probability, key) => Math.abs(probability - dense[key]!)));
    });
    const [atFirst, afterwards] = await Promise.all(differences);
    expect(atFirst).toBeLessThan(1e-6);
    expect(afterwards).toBeGreaterThan(1e-5);
    const before = await answersOf(engine, trace!);
    await handlers['run.release']({ runId }, context);
    await start(engine, other);
    expect(await answersOf(engine, trace!)).toEqual(before);
    const stored = await handlers['method.store']({ trace: trace! }, context);
    const attached = await handlers['method.attach']({ stored, runId: await start(engine) }, context);
    await expect(answersOf(engine, attached.trace)).rejects.toMatchObject({ code: 'not-stored' });
  });

  it('never show numbers of another run, whose arrays those of the first have become', async () => {
    const engine = await open();
    const runId = await start(engine);
    const trace = (await run(engine, { runId })).trace!;
    const before = await answersOf(engine, trace);
    await engine.handlers['run.release']({ runId }, context);
    await start(engine, other);
    const gone = { code: 'unknown-run' };
    const { handlers } = engine;
    await expect(handlers['method.row']({ trace, layer: 1, head: 2, query: 50 }, context)).rejects.toMatchObject(gone);
    await expect(handlers['method.step']({ trace, query: 55 }, context)).rejects.toMatchObject(gone);
    await expect(handlers['method.key']({ trace, query: 55, key: 9 }, context)).rejects.toMatchObject(gone);
    const map = { trace, layer: 2, head: 1, ...tile };
    await expect(handlers['method.tile']({ ...map, value: 'difference' }, context)).rejects.toMatchObject(gone);
    // What was read is the trace's own.
    const { keys } = await handlers['method.kept']({ trace, layer: 1, head: 2, query: 50 }, context);
    expect(keys).toEqual(before.row.keys);
    expect((await handlers['method.tile']({ ...map, value: 'kept' }, context)).max).toBe(1);
    // Stored and attached to the same prompt, run again, they answer as before.
    const stored = await handlers['method.store']({ trace }, context);
    const again = await start(engine);
    const attached = await handlers['method.attach']({ stored, runId: again }, context);
    expect(await answersOf(engine, attached.trace)).toEqual(before);
  });

  it('go with the model, but for those of session files, whose runs have their own tensors', async () => {
    const engine = await open();
    const { handlers } = engine;
    const runId = await start(engine);
    const trace = (await run(engine, { runId })).trace!;
    const before = await answersOf(engine, trace);
    const stored = await handlers['method.store']({ trace }, context);
    const file = path.join(root, 'tensors.safetensors');
    const choice = { heads: [], tokenRows: [], maps: [], differences: [], clean: null };
    const storedRun = await handlers['run.store']({ runId, ...choice }, context);
    await handlers['run.writeTensors']({ runId, path: file }, context);
    const tensors = { path: file, offset: 0, bytes: (await stat(file)).size };

    await handlers['model.open']({ path: 'demo' }, context);
    const forgotten = { code: 'unknown-run' };
    await expect(handlers['method.store']({ trace }, context)).rejects.toMatchObject(forgotten);
    await handlers['run.attach']({ runId: 'session', run: storedRun, tensors }, context);
    const attached = await handlers['method.attach']({ stored, runId: 'session' }, context);
    await handlers['model.open']({ path: 'demo' }, context);
    expect(await answersOf(engine, attached.trace)).toEqual(before);

    await handlers['run.attach']({ runId: 'bare', run: storedRun, tensors: null }, context);
    const bare = await handlers['method.attach']({ stored, runId: 'bare' }, context);
    await expect(handlers['method.step']({ trace: bare.trace, query: 55 }, context)).rejects.toMatchObject({
      code: 'not-stored',
    });
    const overlap = await handlers['method.overlap']({ traces: [bare.trace, attached.trace] }, context);
    expect([...overlap.values]).toEqual(Array.from({ length: 12 }, () => 1));
    await handlers['run.release']({ runId: 'session' }, context);
    await expect(handlers['method.step']({ trace: attached.trace, query: 55 }, context)).rejects.toMatchObject(
      forgotten,
    );
  });
});
