import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { ErrorCode } from '../../shared/contract/error-codes.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { RunSummary } from '../../shared/contract/methods.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Engine } from '../public/engine.ts';
import { readHeader } from '../safetensors/index.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

let root: string;
let model: string;
let engine: Engine;
const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-engine-'));
  model = path.join(root, 'llama');
  await writeTinyModel(model, { family: 'llama', layers: 3, heads: 4, kvHeads: 2, context: 64, seed: 2 });
});
afterAll(() => rm(root, { recursive: true }));

beforeEach(() => {
  engine = createEngine({ shippedModel: model, tasks: '', addon: '', threads: 1 });
  return () => engine.dispose();
});

function ids(count: number, offset = 0): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => (i * 13 + offset) % 61);
}

function run(tokens: Int32Array, interventions: Intervention[] = [], cut = false): Promise<RunSummary> {
  return engine.handlers['run.start']({ prompt: { kind: 'ids', ids: tokens }, interventions, cut }, context);
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | undefined> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(AppError);
  const { code, message } = error as AppError;
  expect(message).toMatch(/\.$/);
  return code;
}

describe('createEngine', () => {
  it('opens the shipped model as demo, runs, and answers every view of the run', async () => {
    const info = await engine.handlers['model.open']({ path: 'demo' }, context);
    expect(info).toMatchObject({ name: 'demo', source: 'shipped', layers: 3, heads: 4, kvHeads: 2, context: 64 });
    const summary = await run(ids(20));
    expect(summary.next).toHaveLength(10);
    expect(summary.next[0]!.prob).toBeGreaterThanOrEqual(summary.next[9]!.prob);
    expect(summary.nll[0]).toBeNaN();
    expect(summary.nll.slice(1).every((value) => value > 0)).toBe(true);
    const { runId } = summary;
    const head = { runId, layer: 2, head: 3 };
    const { scores } = await engine.handlers['run.scores']({ runId }, context);
    expect(scores.find(({ info: score }) => score.id === 'entropy')!.values).toHaveLength(12);
    const cell = await engine.handlers['run.cell']({ ...head, query: 10, key: 4 }, context);
    const { outgoing } = await engine.handlers['run.token']({ ...head, index: 10 }, context);
    expect(cell.probability).toBeCloseTo(outgoing[4]!, 7);
    expect((await engine.handlers['run.head'](head, context)).entropy).toHaveLength(20);
    const estimate = await engine.handlers['run.estimate']({ tokens: 20 }, context);
    expect(estimate).toMatchObject({ tokens: 20, bytes: summary.captureBytes, fits: true });
  });

  it('finds an equal run again instead of computing it, until it is released', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const first = await run(ids(9));
    expect((await run(ids(9))).runId).toBe(first.runId);
    await engine.handlers['run.release']({ runId: first.runId }, context);
    expect((await run(ids(9))).runId).not.toBe(first.runId);
  });

  it('compares clean and changed: nothing changed gives exactly 0, an ablation does not', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const clean = await run(ids(30));
    const same = await run(ids(30), [{ what: 'scale', where: { layer: 1, head: 1 }, parameters: { factor: 1 } }]);
    const changed = await run(ids(30), [{ what: 'zero', where: { layer: 1, head: 1 } }]);
    const identity = await engine.handlers['run.compare']({ clean: clean.runId, changed: same.runId }, context);
    expect([...identity.klPerToken].every((value) => value === 0)).toBe(true);
    expect([...identity.nllDelta.slice(1)].every((value) => value === 0)).toBe(true);
    const effect = await engine.handlers['run.compare']({ clean: clean.runId, changed: changed.runId }, context);
    expect(effect.kl).toBeGreaterThan(0);
    expect(effect.kl).toBe(effect.klPerToken[29]);
    expect(effect.nllDelta[7]).toBeCloseTo(changed.nll[7]! - clean.nll[7]!, 6);
    expect(effect.before[0]!.id).toBe(clean.next[0]!.id);
    expect(changed.computedFrom).toBe(1);
  });

  it('multiplies interventions on the same head', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const where = { layer: 0, head: 2 };
    const twice = await run(ids(12), [
      { what: 'scale', where, parameters: { factor: 0.5 } },
      { what: 'scale', where, parameters: { factor: 0.5 } },
    ]);
    const once = await run(ids(12), [{ what: 'scale', where, parameters: { factor: 0.25 } }]);
    expect(twice.nll).toEqual(once.nll);
  });

  it('refuses what cannot be computed, and stays usable', async () => {
    expect(await codeOf(run(ids(5)))).toBe('no-model');
    expect(await codeOf(engine.handlers['model.open']({ path: path.join(root, 'nowhere') }, context))).toBe(
      'not-a-model',
    );
    await engine.handlers['model.open']({ path: model }, context);
    expect(await codeOf(run(new Int32Array()))).toBe('prompt-empty');
    expect(await codeOf(run(ids(65)))).toBe('prompt-too-long');
    expect(await codeOf(run(Int32Array.from([1, 61])))).toBe('token-out-of-range');
    expect(await codeOf(run(ids(5), [{ what: 'zero', where: { layer: 3, head: 0 } }]))).toBe('bad-request');
    const text = engine.handlers['run.start'](
      { prompt: { kind: 'text', text: 'hi', bos: true }, interventions: [], cut: false },
      context,
    );
    expect(await codeOf(text)).toBe('no-tokenizer');
    expect(await codeOf(engine.handlers['run.scores']({ runId: 'gone' }, context))).toBe('unknown-run');
    const { runId } = await run(ids(5));
    const future = engine.handlers['run.cell']({ runId, layer: 0, head: 0, query: 2, key: 3 }, context);
    expect(await codeOf(future)).toBe('bad-request');
    const noHead = engine.handlers['run.head']({ runId, layer: 0, head: 4 }, context);
    expect(await codeOf(noHead)).toBe('bad-request');
  });

  it('cuts a prompt past the context limit when asked', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const summary = await run(ids(70), [], true);
    expect(summary).toMatchObject({ cutTokens: 6 });
    expect(summary.ids).toEqual(ids(70).slice(0, 64));
  });

  it('keeps the open model and its runs when another one does not open', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const { runId } = await run(ids(8));
    const bad = path.join(root, 'bad');
    await writeTinyModel(bad, { family: 'llama', seed: 3 });
    const weights = await readFile(path.join(bad, 'model.safetensors'));
    await writeFile(path.join(bad, 'model.safetensors'), weights.subarray(0, weights.length - 10));
    expect(await codeOf(engine.handlers['model.open']({ path: bad }, context))).toBe('weights-corrupt');
    expect((await engine.handlers['run.scores']({ runId }, context)).scores.length).toBeGreaterThan(0);
  });

  it('answers what still looks into a run while another model opens', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const { runId } = await run(ids(60));
    const other = path.join(root, 'other');
    await writeTinyModel(other, { family: 'qwen2', seed: 5 });
    const open = new Set([runId]);
    const opening = engine.handlers['model.open']({ path: other }, context).finally(() => open.clear());
    let answered = 0;
    while (open.size > 0) {
      const head = { runId, layer: answered % 3, head: 0 };
      const code = await codeOf(engine.handlers['run.head'](head, context));
      if (code === undefined) answered += 1;
      else expect(code).toBe('unknown-run');
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(answered).toBeGreaterThan(0);
    expect((await opening).family).toBe('Qwen2');
  });

  it('keeps the open model when opening another one is cancelled at the last moment', async () => {
    const { modelId } = await engine.handlers['model.open']({ path: model }, context);
    const other = path.join(root, 'late');
    await writeTinyModel(other, { family: 'qwen2', seed: 6 });
    const controller = new AbortController();
    const progress: CallContext['progress'] = ({ phase }) => {
      if (phase === 'Reading the tokenizer') controller.abort();
    };
    const late = engine.handlers['model.open']({ path: other }, { signal: controller.signal, progress });
    await expect(late).rejects.toThrow('Cancelled');
    expect((await run(ids(5))).modelId).toBe(modelId);
  });

  it('refuses numbers that the norms cannot square, instead of predicting every token alike', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const huge = run(ids(5), [{ what: 'scale', where: { layer: 1, head: 0 }, parameters: { factor: 1e30 } }]);
    expect(await codeOf(huge)).toBe('not-finite');
  });

  it('never gives a small effect a negative divergence', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const clean = await run(ids(60));
    for (const factor of [1.00001, 0.9999, 1.001]) {
      const changed = await run(ids(60), [{ what: 'scale', where: { layer: 1, head: 2 }, parameters: { factor } }]);
      const { klPerToken } = await engine.handlers['run.compare'](
        { clean: clean.runId, changed: changed.runId },
        context,
      );
      expect(Math.min(...klPerToken)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...klPerToken)).toBeLessThan(1e-5);
    }
  });

  it('refuses models that it would compute wrongly, naming the field', async () => {
    const cases: [string, Record<string, unknown>, ErrorCode][] = [
      ['rope', { rope_scaling: { rope_type: 'longrope', parameters: { factor: 2 } } }, 'unsupported-config'],
      ['activation', { hidden_act: 'relu' }, 'unsupported-config'],
      ['architecture', { model_type: 'mamba', architectures: ['MambaForCausalLM'] }, 'unsupported-architecture'],
      ['softcap', { attn_logit_softcapping: 50 }, 'unsupported-config'],
      ['linear', { layer_types: ['full_attention', 'linear_attention', 'full_attention'] }, 'unsupported-config'],
      ['heads', { num_key_value_heads: 3 }, 'config-invalid'],
      ['missing', { rms_norm_eps: null }, 'config-invalid'],
      ['shape', { intermediate_size: 48 }, 'weights-shape'],
      ['layers', { num_hidden_layers: 4 }, 'weights-missing'],
    ];
    for (const [name, config, code] of cases) {
      const folder = path.join(root, `refused-${name}`);
      await writeTinyModel(folder, { family: 'llama', layers: 3, heads: 4, kvHeads: 2, seed: 2, config });
      expect([name, await codeOf(engine.handlers['model.open']({ path: folder }, context))]).toEqual([name, code]);
    }
  });

  it('drops a batch request that is cancelled while it waits', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const controller = new AbortController();
    const first = run(ids(60));
    const second = engine.handlers['run.start'](
      { prompt: { kind: 'ids', ids: ids(60, 1) }, interventions: [], cut: false },
      { signal: controller.signal, progress: () => undefined },
    );
    controller.abort();
    await expect(second).rejects.toThrow('Cancelled');
    expect((await first).ids).toHaveLength(60);
  });

  it('drops old runs under pressure, keeps large ones on disk, and refuses those that do not even fit there', async () => {
    await engine.dispose();
    const spillFolder = path.join(root, 'spill');
    const options = { shippedModel: model, tasks: '', addon: '', threads: 1, spillFolder };
    engine = createEngine({ ...options, captureBudgetBytes: 160_000 });
    await engine.handlers['model.open']({ path: 'demo' }, context);
    expect((await engine.handlers['run.estimate']({ tokens: 20 }, context)).onDisk).toBe(false);
    const size = (await run(ids(20))).captureBytes;
    expect(size).toBeLessThan(160_000);
    const old = await run(ids(20, 1));
    for (let offset = 2; offset < 8; offset++) await run(ids(20, offset));
    expect(await codeOf(engine.handlers['run.scores']({ runId: old.runId }, context))).toBe('unknown-run');

    expect(await engine.handlers['run.estimate']({ tokens: 40 }, context)).toMatchObject({ fits: true, onDisk: true });
    const large = await run(ids(40));
    const changed = await run(ids(40), [{ what: 'zero', where: { layer: 1, head: 0 } }]);
    const tile = { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    const place = { layer: 1, head: 1 };
    const shown = await engine.handlers['run.tile']({ runId: large.runId, ...place, ...tile }, context);
    const ofChanged = await engine.handlers['run.tile']({ runId: changed.runId, ...place, ...tile }, context);
    expect(ofChanged.values).toEqual(shown.values);
    // No name on disk: nothing is left, whatever becomes of this process.
    if (process.platform !== 'win32') expect(await readdir(spillFolder)).toEqual([]);

    const enough = createEngine(options);
    await enough.handlers['model.open']({ path: 'demo' }, context);
    const params = { prompt: { kind: 'ids' as const, ids: ids(40) }, interventions: [], cut: false };
    const inMemory = await enough.handlers['run.start'](params, context);
    expect(inMemory.nll).toEqual(large.nll);
    const same = await enough.handlers['run.tile']({ runId: inMemory.runId, ...place, ...tile }, context);
    expect(shown.values).toEqual(same.values);
    await enough.dispose();

    expect((await engine.handlers['run.estimate']({ tokens: 64 }, context)).fits).toBe(false);
    expect(await codeOf(run(ids(64)))).toBe('too-large');
  });

  it('exports named hooks with TransformerLens shapes', async () => {
    await engine.handlers['model.open']({ path: model }, context);
    const { runId } = await run(ids(20));
    const out = path.join(root, 'capture.safetensors');
    const tensors = await engine.exportRun(
      {
        runId,
        hooks: [
          'blocks.1.attn.hook_pattern',
          'hook_q',
          'blocks.2.hook_resid_mid',
          'logits',
          'blocks.0.attn.hook_result',
        ],
        rows: { start: 5, end: 9 },
        out,
      },
      context,
    );
    const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
    expect(shapes).toEqual({
      'blocks.1.attn.hook_pattern': [4, 4, 20],
      'blocks.0.attn.hook_q': [20, 4, 8],
      'blocks.1.attn.hook_q': [20, 4, 8],
      'blocks.2.attn.hook_q': [20, 4, 8],
      'blocks.2.hook_resid_mid': [20, 32],
      logits: [20, 61],
      'blocks.0.attn.hook_result': [20, 4, 32],
    });
    expect((await readHeader(out, 'capture.safetensors')).tensors.size).toBe(7);
    for (const bad of [root, path.join(root, 'missing', 'capture.safetensors')]) {
      expect(await codeOf(engine.exportRun({ runId, hooks: [], out: bad }, context))).toBe('io');
    }
    const unknown = engine.exportRun({ runId, hooks: ['hook_mystery'], out }, context);
    expect(await codeOf(unknown)).toBe('bad-request');
  });
});
