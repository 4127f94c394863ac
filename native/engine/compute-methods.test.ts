import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Engine } from '../public/engine.ts';
import { ADDON } from '../testing/open-forward.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const ids = Int32Array.from({ length: 60 }, (_, i) => (i * 13) % 61);
let root: string;
let engine: Engine;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-methods-'));
  await writeTinyModel(path.join(root, 'model'), { family: 'qwen2', layers: 3, heads: 4, kvHeads: 2, seed: 4 });
  engine = await open(ADDON);
});
afterAll(async () => {
  await engine.dispose();
  await rm(root, { recursive: true });
});

async function open(addon: string): Promise<Engine> {
  const opened = createEngine({ shippedModel: path.join(root, 'model'), tasks: '', addon, threads: 1 });
  await opened.handlers['model.open']({ path: 'demo' }, context);
  return opened;
}

async function start(on: Engine, interventions: Intervention[] = []): Promise<string> {
  const prompt = { kind: 'ids' as const, ids };
  return (await on.handlers['run.start']({ prompt, interventions, cut: false }, context)).runId;
}

const run = (
  params: Omit<ParamsOf<'method.run'>, 'method' | 'promptLength'> & Partial<ParamsOf<'method.run'>>,
  on = engine,
) => on.handlers['method.run'](parseParams('method.run', { method: 'snapkv', promptLength: 40, ...params }), context);

describe('methods of the open model', () => {
  it('are listed', async () => {
    const { methods } = await engine.handlers['method.list']({}, context);
    expect(methods.map(({ id }) => id)).toContain('snapkv');
  });

  it('run where they change what queries attend to, and not where they are for the rows of the prompt', async () => {
    const runId = await start(engine);
    const cases = { razor: {}, kivi: { group: 4, residual: 8 }, zipcache: {}, 'sink-window': { positions: 1 } };
    for (const [method, parameters] of Object.entries(cases)) {
      const { results } = await run({ runId, method, parameters });
      expect(results[0]!.outputError, method).toBeGreaterThan(0);
    }
    for (const method of ['vertical-slash', 'flexprefill', 'seer']) {
      await expect(run({ runId, method })).rejects.toMatchObject({ code: 'bad-request' });
    }
  });

  it('run on what was captured, once for each budget', async () => {
    const runId = await start(engine);
    const { results } = await run({ runId, budgets: [{ keys: 8 }, { share: 1 }] });
    expect(results.map(({ resolved }) => resolved.budget)).toEqual([8, 40]);
    const [small, whole] = results;
    expect(small).toMatchObject({ method: 'snapkv', fidelity: 'F1', badge: 'layer-local', tokens: 60, rows: 20 });
    expect(small!.heads.recall).toHaveLength(12);
    expect(small!.recall).toBeLessThan(1);
    expect(small!.ratio).toBeCloseTo(small!.resident / 60, 12);
    expect(whole!.recall).toBeCloseTo(1, 5);
    expect(whole!.outputErrorWO).toBeLessThan(1e-5);
    const { results: published } = await run({ runId, method: 'dense', budgets: [{ keys: 8 }, { keys: 9 }] });
    expect(published).toMatchObject([{ method: 'dense', ratio: 1, read: 50.5 }]);
  });

  it('tell afterwards what was read, and what two of them have in common', async () => {
    const runId = await start(engine);
    const { results } = await run({ runId, budgets: [{ keys: 8 }, { keys: 40 }] });
    const [small, whole] = results.map(({ trace }) => trace!);
    const at = { layer: 1, head: 2, query: 45 };
    const { keys } = await engine.handlers['method.kept']({ trace: small!, ...at }, context);
    expect(keys).toHaveLength(8 + 6);
    expect([...keys.subarray(-6)]).toEqual([40, 41, 42, 43, 44, 45]);
    const all = await engine.handlers['method.kept']({ trace: whole!, ...at }, context);
    expect(all.keys).toHaveLength(46);
    const { values } = await engine.handlers['method.overlap']({ traces: [small!, whole!] }, context);
    expect(values).toHaveLength(12);
    // One list is part of the other: their sizes tell, over queries 40 to 59.
    const expected = Array.from({ length: 20 }, (_, row) => (9 + row) / (41 + row)).reduce((a, b) => a + b) / 20;
    for (const value of values) expect(value).toBeCloseTo(expected, 12);
    const gone = engine.handlers['method.kept']({ trace: 'none', ...at }, context);
    await expect(gone).rejects.toMatchObject({ code: 'unknown-run' });
  });

  it('are refused where they say nothing', async () => {
    const runId = await start(engine);
    const badRequest = expect.objectContaining({ code: 'bad-request' }) as Error;
    await expect(run({ runId, promptLength: 60 })).rejects.toThrow('No query is left after the first 60 of 60 tokens.');
    await expect(run({ runId, method: 'none' })).rejects.toThrow(badRequest);
    await expect(run({ runId, parameters: { other: 1 } })).rejects.toThrow(badRequest);
    const changed = await start(engine, [{ where: { layer: 0, head: 1 }, what: 'zero' }]);
    await expect(run({ runId: changed })).rejects.toThrow('this run has interventions');
  });

  it('need the addon', async () => {
    const bare = await open('');
    await expect(run({ runId: await start(bare) }, bare)).rejects.toMatchObject({ code: 'needs-addon' });
    await bare.dispose();
  });
});
