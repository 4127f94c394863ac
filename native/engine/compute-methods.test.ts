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
const GREEDY = { interventions: [], sampling: { kind: 'greedy' as const }, stopAtEnd: true };
const ids = Int32Array.from({ length: 60 }, (_, i) => (i * 13) % 61);
const TASKS = `${import.meta.dirname}/../../resources/tasks`;
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
  const opened = createEngine({ shippedModel: path.join(root, 'model'), tasks: TASKS, addon, threads: 1 });
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

  it('are run with what was told before, budget by budget', async () => {
    const runId = await start(engine);
    for (const { method, ...given } of [
      { method: 'sink-window', parameters: {}, budgets: [] },
      { method: 'sink-window', parameters: { sink: 2 }, budgets: [{ share: 0.5 }, { keys: 9 }] },
      { method: 'snapkv', parameters: { window: 4 }, budgets: [{ keys: 6 }] },
      { method: 'kivi', parameters: {}, budgets: [{ keys: 6 }, { keys: 8 }] },
    ]) {
      const asked = parseParams('method.resolve', { method, ...given, promptLength: 40 });
      const { each } = await engine.handlers['method.resolve'](asked, context);
      const { results } = await run({ runId, method, ...given });
      expect(each).toEqual(results.map(({ resolved }) => ({ resolved, refusal: null })));
    }
    const asked = parseParams('method.resolve', { method: 'sink-window', budgets: [{ keys: 2 }], promptLength: 40 });
    const { each } = await engine.handlers['method.resolve'](asked, context);
    expect(each[0]!.resolved).toBeNull();
    expect(each[0]!.refusal).toMatch(/^A budget of 2 keys is too small.* Give at least 5 keys/);
  });

  it('run where they change what queries attend to, and on the rows of the prompt where they are for these', async () => {
    const runId = await start(engine);
    const cases = { razor: {}, kivi: { group: 4, residual: 8 }, zipcache: {}, 'sink-window': { positions: 1 } };
    for (const [method, parameters] of Object.entries(cases)) {
      const { results } = await run({ runId, method, parameters });
      expect(results[0]!.outputError, method).toBeGreaterThan(0);
    }
    for (const method of ['vertical-slash', 'flexprefill', 'seer']) {
      const { results } = await run({ runId, method, promptLength: 60 });
      expect(results[0]).toMatchObject({ phase: 'prefill', tokens: 60, rows: 60, ratio: 1 });
      const at = { trace: results[0]!.trace!, layer: 1, head: 2 };
      const { keys } = await engine.handlers['method.kept']({ ...at, query: 59 }, context);
      expect(keys.length).toBeGreaterThan(0);
      const beyond = run({ runId, method, promptLength: 61 });
      await expect(beyond).rejects.toMatchObject({
        code: 'bad-request',
        message: expect.stringContaining('60 tokens') as string,
      });
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

  it('go through all layers, and generate, at higher fidelities', async () => {
    const runId = await start(engine);
    const asked = { runId, budgets: [{ keys: 8 }, { keys: 40 }], answerStart: 52 };
    const [local, propagated, generated] = await Promise.all(
      (['F1', 'F2', 'F3'] as const).map(async (fidelity) => (await run({ ...asked, fidelity })).results),
    );
    expect(local![0]).toMatchObject({ fidelity: 'F1', answerStart: 52, prediction: null, generated: null });
    for (const results of [propagated, generated]) {
      const [small, whole] = results!;
      expect(small!.prediction!.kl).toBeGreaterThan(1e-3);
      expect(whole!.prediction!.kl).toBeLessThan(1e-6);
      expect(small!.prediction!.nllByToken).toHaveLength(8);
      expect(small!.oracle.gap).toBeGreaterThan(0);
    }
    const [small, whole] = generated!;
    expect(small).toMatchObject({ fidelity: 'F3', badge: 'generated', prediction: propagated![0]!.prediction });
    expect(Object.keys(small!.notGiven)).toEqual(['accuracy']);
    expect(Object.keys(propagated![0]!.notGiven)).toEqual(['accuracy', 'answer', 'drift']);
    expect(small!.generated!.ids).toHaveLength(16);
    expect(whole!.generated).toMatchObject({ firstDifference: null, agreement: 1 });
    const { tokens } = await engine.handlers['generate.start'](
      parseParams('generate.start', { ...GREEDY, prompt: { kind: 'ids', ids: ids.subarray(0, 52) }, maxTokens: 16 }),
      context,
    );
    expect([...small!.generated!.denseIds]).toEqual(tokens.map(({ id }) => id));
    expect(small!.generated!.denseText).toBe(tokens.map(({ text }) => text).join(''));
  });

  it('are compared with dense continuations of the length that is asked for', async () => {
    const runId = await start(engine);
    for (const maxTokens of [3, 7, 3]) {
      const { results } = await run({ runId, budgets: [{ keys: 8 }], fidelity: 'F3', maxTokens });
      expect(results[0]!.generated!.denseIds).toHaveLength(maxTokens);
    }
  });

  it('tell the dense probabilities of the states that they made', async () => {
    const runId = await start(engine);
    const at = { layer: 2, head: 1, query: 55 };
    const rows = await Promise.all(
      (['F1', 'F2'] as const).map(async (fidelity) => {
        const { results } = await run({ runId, method: 'sink-window', budgets: [{ keys: 8 }], fidelity });
        return engine.handlers['method.row']({ trace: results[0]!.trace!, ...at }, context);
      }),
    );
    expect([...rows[0]!.keys]).toEqual([...rows[1]!.keys]);
    expect([...rows[0]!.dense]).not.toEqual([...rows[1]!.dense]);
    for (const { dense } of rows) expect(dense.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
  });

  it('run for the rows of the prompt at every fidelity', async () => {
    const runId = await start(engine);
    const parameters = { block: 4, share: 0.3 };
    const asked = { runId, method: 'seer', parameters, fidelity: 'F3' as const, answerStart: 52 };
    const [result] = (await run(asked)).results;
    expect(result).toMatchObject({ phase: 'prefill', rows: 40 });
    expect(result!.prediction!.klByQuery).toHaveLength(20);
    expect(result!.prediction!.kl).toBeGreaterThan(1e-4);
    const { keys } = await engine.handlers['method.kept'](
      { trace: result!.trace!, layer: 1, head: 0, query: 30 },
      context,
    );
    expect(keys.length).toBeGreaterThan(0);
  });

  it('leave nothing when they are cancelled', async () => {
    const runId = await start(engine);
    const { results } = await run({ runId, budgets: [{ keys: 8 }] });
    const [, before, number] = /^(.*-)(\d+)$/.exec(results[0]!.trace!)!;
    for (const share of [0.1, 0.5, 0.9]) {
      const controller = new AbortController();
      const cancelling: CallContext = {
        signal: controller.signal,
        progress: ({ done, total }) => done >= share * total && controller.abort(),
      };
      const budgets = [{ keys: 8 }, { keys: 9 }];
      const params = { method: 'h2o', runId, promptLength: 40, fidelity: 'F3' as const, budgets };
      const told = engine.handlers['method.run'](parseParams('method.run', params), cancelling);
      await expect(told).rejects.toMatchObject({ name: 'CancelledError' });
    }
    const { results: next } = await run({ runId, budgets: [{ keys: 8 }] });
    // Names are counted.
    expect(next[0]!.trace).toBe(`${before}${Number(number) + 1}`);
  });

  it('are refused where they say nothing', async () => {
    const runId = await start(engine);
    const badRequest = expect.objectContaining({ code: 'bad-request' }) as Error;
    await expect(run({ runId, promptLength: 60 })).rejects.toThrow('No query is left after the first 60 of 60 tokens.');
    await expect(run({ runId, answerStart: 39 })).rejects.toThrow('An answer cannot begin at token 39.');
    await expect(run({ runId, answerStart: 60 })).rejects.toThrow('An answer cannot begin at token 60.');
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
