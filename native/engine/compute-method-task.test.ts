import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { MethodTaskResult } from '../../shared/model/method-task.ts';
import type { Engine } from '../public/engine.ts';
import { ADDON } from '../testing/open-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const resources = `${import.meta.dirname}/../../resources`;
const quiet: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const open = async (folder: string, addon = ADDON): Promise<Engine> => {
  const opened = createEngine({ shippedModel: folder, tasks: path.join(resources, 'tasks'), addon, threads: 1 });
  await opened.handlers['model.open']({ path: folder }, quiet);
  return opened;
};
const run = (engine: Engine, request: object, context = quiet): Promise<MethodTaskResult> =>
  engine.handlers['method.task'](parseParams('method.task', request), context);

const VOCABULARY = 61;
const rng = createRng(3);
const random = (count: number): number[] => [...randomIds(rng, count, VOCABULARY)];
/** Three prompts of different lengths, whose questions begin at 30, 26 and 34. */
const items = [30, 26, 34].map((length) => ({ prompt: random(length), question: random(5), answer: [0, 0, 0] }));
const STARTS = items.map(({ prompt }) => prompt.length);
const choices = [
  { method: 'snapkv', budget: { keys: 8 } },
  { method: 'dense' },
  { method: 'snapkv', budget: { share: 0.5 } },
  { method: 'sink-window', parameters: { sink: 2 }, budget: { keys: 9 } },
  { method: 'vertical-slash' },
  { method: 'kivi', parameters: { group: 4, residual: 8 } },
];
const all = { task: 'file', items, choices, questions: ['unseen', 'seen'] };

describe('method.task', () => {
  let root: string;
  let engine: Engine;
  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'headscope-method-task-'));
    await writeTinyModel(root, { family: 'qwen2', layers: 2, heads: 4, kvHeads: 2, context: 64, seed: 4 });
    const dense = await open(root);
    for (const item of items) {
      const prompt = { kind: 'ids', ids: Int32Array.from([...item.prompt, ...item.question]) } as const;
      const greedy = parseParams('generate.start', {
        ...{ prompt, interventions: [], maxTokens: 3, stopAtEnd: false },
        sampling: { kind: 'greedy' },
      });
      item.answer = (await dense.handlers['generate.start'](greedy, quiet)).tokens.map(({ id }) => id);
    }
    await dense.dispose();
  });
  afterAll(() => rm(root, { recursive: true }));
  beforeEach(async () => {
    engine = await open(root);
    return () => engine.dispose();
  });

  it.each(['F1', 'F2', 'F3'] as const)('is the mean of what a run of each prompt says, at %s', async (fidelity) => {
    const { rows } = await run(engine, { ...all, fidelity });
    expect(rows.map(({ choice, question }) => [choice.method, choice.budget, question])).toEqual(
      (['unseen', 'seen'] as const).flatMap((view) =>
        choices.map(({ method, budget }) => [method, budget ?? null, view]),
      ),
    );
    for (const { choice, question, measures, n, accuracy } of rows) {
      const single = [];
      for (const [at, { prompt, question: asked, answer }] of items.entries()) {
        const ids = Int32Array.from([...prompt, ...asked, ...answer]);
        const start = { prompt: { kind: 'ids', ids } as const, interventions: [], cut: false };
        const { runId } = await engine.handlers['run.start'](start, quiet);
        const answerStart = ids.length - answer.length;
        const promptLength = question === 'seen' ? answerStart : STARTS[at]!;
        const { budget, ...method } = choice;
        const wanted = { runId, ...method, budgets: budget ? [budget] : [], promptLength, fidelity, answerStart };
        const { results } = await engine.handlers['method.run'](parseParams('method.run', wanted), quiet);
        single.push(results[0]!);
      }
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(n).toBe(3);
      expect(measures.recall).toBeCloseTo(mean(single.map(({ recall }) => recall)), 10);
      expect(measures.outputErrorWO).toBeCloseTo(mean(single.map((each) => each.outputErrorWO)), 10);
      expect(measures.kvBytes).toBeCloseTo(mean(single.map(({ costs }) => costs.kvBytes)), 6);
      if (fidelity === 'F1') expect(measures).toMatchObject({ kl: null, nllAnswer: null });
      else expect(measures.kl).toBeCloseTo(mean(single.map(({ prediction }) => prediction!.kl)), 10);
      if (fidelity !== 'F1') {
        expect(measures.nllAnswer).toBeCloseTo(mean(single.map(({ prediction }) => prediction!.nllAnswer!)), 10);
      }
      // Generated token by token there; answers are those of dense attention.
      if (fidelity === 'F3') {
        expect(accuracy!.value).toBeCloseTo(mean(single.map(({ generated }) => Number(generated!.correct))), 12);
        if (choice.method === 'dense') expect(accuracy!.value).toBe(1);
      } else expect(accuracy).toBeNull();
    }
  });

  it('goes on where it was cancelled, with the rows so far on the way', async () => {
    const fresh = await run(engine, { ...all, fidelity: 'F1' });
    const other = await open(root);
    const controller = new AbortController();
    let seen: Progress[] = [];
    const context = { signal: controller.signal, progress: (each: Progress) => void seen.push(each) };
    const cancelling = {
      ...context,
      progress: (each: Progress) => {
        seen.push(each);
        if (each.phase.startsWith('SnapKV, question seen, prompt 2')) controller.abort();
      },
    };
    await expect(run(other, { ...all, fidelity: 'F1' }, cancelling)).rejects.toThrow(CancelledError);
    const partial = seen.at(-1)!.taskRows!;
    expect(partial.map(({ n }) => n)).toEqual(Array.from({ length: 12 }, () => 1));
    const reached = Math.max(...seen.map(({ done }) => done));
    seen = [];
    const again = { signal: quiet.signal, progress: context.progress };
    expect(await run(other, { ...all, fidelity: 'F1' }, again)).toEqual(fresh);
    // Five groups under each of two views, and the dense run: the first prompt and some of the second are there.
    expect(reached).toBeGreaterThan(16);
    expect(seen[0]!.done).toBeGreaterThanOrEqual(16);
    seen = [];
    expect(await run(other, { ...all, fidelity: 'F1' }, again)).toEqual(fresh);
    expect(seen).toEqual([]);
    await other.dispose();
  });

  it('computes only what is new of a request with one method more', async () => {
    const two = { ...all, choices: choices.slice(0, 2), questions: ['seen'], fidelity: 'F1' };
    const { rows } = await run(engine, two);
    const phases = new Set<string>();
    const context = { signal: quiet.signal, progress: ({ phase }: Progress) => void phases.add(phase.split(',')[0]!) };
    const more = await run(engine, { ...two, choices: [...choices.slice(0, 2), { method: 'knorm' }] }, context);
    expect(more.rows.slice(0, 2)).toEqual(rows);
    expect([...phases]).toEqual(['Dense', expect.stringMatching(/norm/i)]);
    phases.clear();
    const wider = await run(engine, { ...two, choices: [...choices.slice(0, 2), choices[2]!] }, context);
    expect(wider.rows.slice(0, 2)).toEqual(rows);
    expect(wider.rows[2]!.measures.recall).toBeGreaterThan(rows[0]!.measures.recall);
    expect([...phases]).toEqual(['Dense', 'SnapKV']);
  });

  it('names the choice that does not fit, and says what has no question', async () => {
    const wrong = {
      task: 'file',
      items,
      choices: [{ method: 'snapkv' }, { method: 'sink-window', budget: { keys: 2 } }],
    };
    await expect(run(engine, wrong)).rejects.toThrow(/\(sink-window\) with a budget of 2 keys cannot be run/);
    await expect(run(engine, { ...wrong, choices: [{ method: 'none' }] })).rejects.toThrow('There is no method “none”');
    const bare = items.map(({ prompt, answer }) => ({ prompt, answer }));
    const asked = { task: 'file', items: [items[0]!, ...bare], choices: choices.slice(0, 1) };
    await expect(run(engine, asked)).rejects.toThrow('Prompt 2 of the file has no question');
    const repeat = { task: 'repeat', parameters: { period: 8 }, choices: choices.slice(0, 1), samples: 1 };
    await expect(run(engine, repeat)).rejects.toThrow('The task repeat has no question apart from its context.');
    expect((await run(engine, { ...repeat, questions: ['seen'] })).rows[0]!.n).toBe(1);
    await expect(run(engine, { ...all, items: [{ ...items[0]!, prompt: random(60) }] })).rejects.toMatchObject({
      code: 'prompt-too-long',
    });
  });

  it('needs the addon', async () => {
    const bare = await open(root, '');
    await expect(run(bare, all)).rejects.toMatchObject({ code: 'needs-addon' });
    await bare.dispose();
  });
});

describe('method.task on the shipped model', () => {
  it('begins where a sample of the task says that its question does', async () => {
    const engine = await open(path.join(resources, 'model'));
    const sample = parseParams('task.sample', { task: 'needle', parameters: { length: 96, facts: 1 } });
    const { tokens, questionStart } = await engine.handlers['task.sample'](sample, quiet);
    const asked = tokens.slice(questionStart!).map(({ text }) => text);
    expect(asked.join('')).toMatch(/^\nAs was said above, they call \w+$/);
    const bare = parseParams('task.sample', { task: 'copy' });
    expect((await engine.handlers['task.sample'](bare, quiet)).questionStart).toBeNull();
    await engine.dispose();
  });

  it('has the accuracy of the task where a method reads everything, and not where it reads a window', async () => {
    const engine = await open(path.join(resources, 'model'));
    const grid = { task: 'needle', parameters: { facts: 2 }, lengths: [160], depths: [0.3], samples: 6, seed: 1 };
    const { mean } = await engine.handlers['task.run'](parseParams('task.run', grid), quiet);
    const asked = [
      { method: 'dense' },
      { method: 'topk', budget: { share: 1 } },
      { method: 'window', budget: { keys: 8 } },
    ];
    const { rows } = await run(engine, { ...grid, choices: asked });
    expect(rows.map(({ accuracy }) => accuracy!.value)).toEqual([mean, mean, 0]);
    expect(mean).toBeGreaterThan(0.5);
    expect(rows.map(({ denseHere }) => denseHere)).toEqual([6, 6, 0]);
    const copied = { task: 'repeat', samples: 2, questions: ['seen'], choices: asked.slice(0, 1) };
    const whole = await engine.handlers['task.run'](parseParams('task.run', { task: 'repeat', samples: 2 }), quiet);
    expect((await run(engine, copied)).rows[0]!.accuracy!.value).toBeCloseTo(whole.mean, 12);
    await engine.dispose();
  });
});
