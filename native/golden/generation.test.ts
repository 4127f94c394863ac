/** Generation and tasks through the engine's handlers, against chains of full runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { Progress, Prompt } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import { openModel } from '../model/open-model.ts';
import { createEngine, type Engine } from '../public/index.ts';
import { openWeights, readTensorF32 } from '../safetensors/index.ts';
import { findTask, readTaskParameters } from '../tasks/index.ts';
import { drawSamples } from '../tasks/draw-grid.ts';
import { readTaskData } from '../tasks/task-data.ts';

const resources = `${import.meta.dirname}/../../resources`;
const quiet: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const prompt: Prompt = { kind: 'text', text: 'The old man stood at the door of the house, and', bos: true };
let engine: Engine;

beforeAll(async () => {
  engine = createEngine({ shippedModel: `${resources}/model`, tasks: `${resources}/tasks`, addon: '', threads: 2 });
  await engine.handlers['model.open']({ path: 'demo' }, quiet);
});
afterAll(() => engine.dispose());

function generate(more: object = {}, context = quiet) {
  const params = { prompt, interventions: [], maxTokens: 20, sampling: { kind: 'greedy' }, ...more };
  return engine.handlers['generate.start'](parseParams('generate.start', params), context);
}

async function fullRun(ids: Int32Array, interventions: Intervention[] = []) {
  return engine.handlers['run.start']({ prompt: { kind: 'ids', ids }, interventions, cut: false }, quiet);
}

describe('generate.start', () => {
  it.each([
    '',
    'L1H0=zero,L2H3=scale:0.5',
    'L0=streaming:2:6',
    'L1KV0=temperature:2,L2H1=drop-keys#0,L3H0=uniform',
    'L2H2=sigmoid,L1=zero-values#0:2',
  ])('greedy, each step is the likeliest of a full run; changed by "%s"', async (set) => {
    const interventions = parseInterventions(set);
    const { tokens, promptTokens, text, stopped } = await generate({ interventions, stopAtEnd: false });
    const { ids } = await engine.handlers['prompt.tokenize']({ prompt }, quiet);
    expect(promptTokens).toBe(ids.length);
    expect(tokens).toHaveLength(20);
    expect(stopped).toBe('length');
    expect(tokens.map((token) => token.text).join('')).toBe(text);
    let chain = ids;
    for (const token of tokens) {
      const { next } = await fullRun(chain, interventions);
      expect(token.id).toBe(next[0]!.id);
      expect(token.prob).toBeCloseTo(next[0]!.prob, 4);
      token.top.forEach((choice, rank) => {
        expect(Math.abs(choice.logit - next[rank]!.logit)).toBeLessThan(1e-4);
      });
      chain = Int32Array.from([...chain, token.id]);
    }
  });

  it('an ablation changes what is generated', async () => {
    const all = Array.from({ length: 8 }, (_, head) => `L2H${head}=zero`).join(',');
    const changed = await generate({ interventions: parseInterventions(all) });
    expect(changed.text).not.toBe((await generate()).text);
  });

  it('sampling repeats itself with the seed', async () => {
    const sampled = (seed: number) =>
      generate({ sampling: { kind: 'sample', temperature: 1.2, topK: 50, topP: 0.95, seed } });
    const first = await sampled(1);
    expect((await sampled(1)).tokens).toEqual(first.tokens);
    expect((await sampled(2)).text).not.toBe(first.text);
  });

  it('ends at a stop text, at an end token and at the context limit', async () => {
    const { text } = await generate();
    const stop = text.slice(6, 9);
    const cut = await generate({ stopTexts: [stop] });
    expect(cut.stopped).toBe('stop-text');
    expect(cut.text).toBe(text.slice(0, text.indexOf(stop)));

    const context = 1024;
    const ids = Int32Array.from({ length: context - 3 }, (_, i) => (i === 0 ? 0 : 300 + ((i * 37) % 900)));
    const full = await generate({ prompt: { kind: 'ids', ids }, stopAtEnd: false });
    expect(full.stopped).toBe('context');
    expect(full.tokens).toHaveLength(3);

    // Without an end token the model would go on.
    const ending: Prompt = { kind: 'ids', ids: await endingPrompt() };
    const ended = await generate({ prompt: ending });
    expect(ended.stopped).toBe('end-token');
    expect(ended.tokens.every(({ id }) => id !== 1)).toBe(true);
    expect((await generate({ prompt: ending, stopAtEnd: false })).tokens.some(({ id }) => id === 1)).toBe(true);
  });

  it('tells what there is so far, and a cancel is heard between tokens', async () => {
    const controller = new AbortController();
    const seen: Progress[] = [];
    const context: CallContext = {
      signal: controller.signal,
      progress: (progress) => {
        seen.push(progress);
        if (progress.partial && progress.partial.tokens.length >= 5) controller.abort();
      },
    };
    await expect(generate({ maxTokens: 900, stopAtEnd: false }, context)).rejects.toThrow('Cancelled');
    const partial = seen.at(-1)!.partial!;
    expect(partial.stopped).toBeNull();
    expect(partial.tokens.length).toBeLessThan(400);
    const { tokens } = await generate({ stopAtEnd: false });
    expect(partial.tokens.slice(0, 20).map(({ id }) => id)).toEqual(
      tokens.slice(0, partial.tokens.length).map(({ id }) => id),
    );
  });

  it('refuses a prompt past the context limit', async () => {
    await expect(generate({ prompt: { kind: 'ids', ids: new Int32Array(1025).fill(5) } })).rejects.toMatchObject({
      code: 'prompt-too-long',
    });
  });

  it('writes the attention rows of every step, equal to those of a full run', async () => {
    const params = parseParams('generate.start', {
      prompt,
      interventions: [],
      maxTokens: 6,
      sampling: { kind: 'greedy' },
      stopAtEnd: false,
    });
    const { generation, rows } = await engine.generateWithRows(params, quiet);
    const { ids } = await engine.handlers['prompt.tokenize']({ prompt }, quiet);
    const chain = Int32Array.from([...ids, ...generation.tokens.slice(0, -1).map(({ id }) => id)]);
    const [steps, layers, heads, keys] = rows.shape;
    expect([steps, layers, heads, keys]).toEqual([6, 6, 8, ids.length + 6]);
    const { runId } = await fullRun(chain);
    const folder = await mkdtemp(join(tmpdir(), 'headscope-rows-'));
    try {
      const first = await engine.handlers['run.start']({ prompt, interventions: [], cut: false }, quiet);
      await engine.exportRun(
        {
          runId: first.runId,
          hooks: ['blocks.0.attn.hook_z'],
          generated: rows,
          out: join(folder, 'model.safetensors'),
        },
        quiet,
      );
      const index = await openWeights(folder);
      const written = await readTensorF32(index.tensors.get('generated.pattern')!);
      expect(written).toEqual(rows.pattern);
    } finally {
      await rm(folder, { recursive: true });
    }
    for (let step = 0; step < steps; step++) {
      const query = ids.length - 1 + step;
      for (let layer = 0; layer < layers; layer++) {
        for (let head = 0; head < heads; head++) {
          const { outgoing } = await engine.handlers['run.token']({ runId, layer, head, index: query }, quiet);
          const at = ((step * layers + layer) * heads + head) * keys;
          for (let key = 0; key < keys; key++) {
            const wanted = key <= query ? outgoing[key]! : 0;
            expect(Math.abs(rows.pattern[at + key]! - wanted)).toBeLessThan(1e-4);
          }
        }
      }
    }
  });
});

/** Something after which the model ends: the answer of a needle prompt and its full stop. */
async function endingPrompt(): Promise<Int32Array> {
  const sample = await engine.handlers['task.sample'](
    { task: 'needle', parameters: { length: 128, facts: 1 }, seed: 2 },
    quiet,
  );
  return Int32Array.from([...sample.ids, ...sample.answer]);
}

describe('tasks through the engine', () => {
  it('a sample is the same prompt as its text', async () => {
    const sample = await engine.handlers['task.sample'](
      { task: 'needle', parameters: { length: 256 }, seed: 4 },
      quiet,
    );
    expect(sample.tokens).toHaveLength(sample.ids.length);
    expect(sample.text).toContain(` They call`);
    expect([...sample.ids.subarray(sample.answerSpan!.start, sample.answerSpan!.end)]).toEqual([...sample.answer]);
  });

  it('judges by the greedy answer of a full run', async () => {
    const grid = { task: 'recall', parameters: { keys: 5 }, samples: 12, seed: 9 };
    const { cells, mean } = await engine.handlers['task.run'](parseParams('task.run', grid), quiet);
    let right = 0;
    for (let sample = 0; sample < 12; sample++) {
      const { ids, answer } = await sampleOf(grid, sample);
      const { tokens } = await generate({ prompt: { kind: 'ids', ids }, maxTokens: answer.length, stopAtEnd: false });
      if (tokens.every(({ id }, i) => id === answer[i])) right += 1;
    }
    expect(cells).toEqual([expect.objectContaining({ accuracy: right / 12, n: 12, length: null, depth: null })]);
    expect(mean).toBe(right / 12);
  });

  it('a streaming mask that hides nothing changes nothing; one that hides the needle does', async () => {
    const grid = { task: 'needle', parameters: {}, lengths: [160], depths: [0], samples: 10, seed: 1 };
    const accuracy = async (streaming: object | null) =>
      (await engine.handlers['task.run'](parseParams('task.run', { ...grid, streaming }), quiet)).mean;
    const clean = await accuracy(null);
    expect(clean).toBeGreaterThan(0.5);
    expect(await accuracy({ sink: 0, window: 160, full: [] })).toBe(clean);
    expect(await accuracy({ sink: 1, window: 8, full: [] })).toBe(0);
  });

  it('under interventions: of every step as a mask does it, of the prompt for each prompt', async () => {
    const grid = { task: 'recall', parameters: { keys: 5 }, samples: 12, seed: 9 };
    const run = async (more: object) =>
      (await engine.handlers['task.run'](parseParams('task.run', { ...grid, ...more }), quiet)).cells;
    const all = (what: string) =>
      parseInterventions(Array.from({ length: 6 }, (_, layer) => `L${layer}=${what}`).join(','));
    expect(await run({ interventions: all('streaming:1:30') })).toEqual(
      await run({ streaming: { sink: 1, window: 30, full: [] } }),
    );
    const clean = await run({});
    expect(clean[0]!.accuracy).toBeGreaterThan(0.5);
    expect(await run({ interventions: all('freeze') })).toEqual(clean);
    expect((await run({ interventions: all('mean') }))[0]!.accuracy).toBeLessThan(clean[0]!.accuracy);
    await expect(run({ interventions: parseInterventions('L9=zero') })).rejects.toThrow('there is no L9');
  });

  it('retrieval is told of answers under any kind, other scores of scaled heads alone', async () => {
    const grid = { task: 'needle', lengths: [160], depths: [0.5], samples: 4, seed: 3, scores: ['retrieval'] };
    const probe = async (more: object) => {
      const { scores } = await engine.handlers['probe.run'](parseParams('probe.run', { ...grid, ...more }), quiet);
      return scores[0]!.values;
    };
    const interventions = parseInterventions(
      Array.from({ length: 6 }, (_, layer) => `L${layer}=streaming:1:60`).join(','),
    );
    const masked = await probe({ interventions });
    expect(masked).toEqual(await probe({ streaming: { sink: 1, window: 60, full: [] } }));
    expect(masked).not.toEqual(await probe({}));
    await expect(probe({ interventions, scores: ['sink'] })).rejects.toThrow('cannot be done here');
  });

  it('says what is wrong with a request', async () => {
    const run = (more: object) =>
      engine.handlers['task.run'](parseParams('task.run', { task: 'needle', ...more }), quiet);
    await expect(run({ lengths: [2000] })).rejects.toMatchObject({ code: 'prompt-too-long' });
    await expect(run({ task: 'repeat', depths: [0.5] })).rejects.toThrow('The task repeat has no depth.');
    await expect(run({ task: 'file' })).rejects.toThrow('The file holds no prompts.');
    await expect(run({ task: 'file', items: [{ prompt: [5, 9999], answer: 'x' }] })).rejects.toMatchObject({
      code: 'token-out-of-range',
    });
    const scores = engine.handlers['probe.run'](
      parseParams('probe.run', { task: 'needle', scores: ['sink', 'nope'] }),
      quiet,
    );
    await expect(scores).rejects.toThrow('There is no score “nope”.');
  });

  it('the file task takes texts and ids', async () => {
    const items = [
      { prompt: 'They call Walter silver lantern. They call Walter', answer: ' silver' },
      { prompt: [0, 300, 301, 302, 303, 300, 301, 302], answer: [303] },
    ];
    const { cells } = await engine.handlers['task.run'](parseParams('task.run', { task: 'file', items }), quiet);
    expect(cells[0]!.n).toBe(2);
  });
});

async function sampleOf(grid: { task: string; parameters: Record<string, number>; seed: number }, sample: number) {
  const model = await openModel({ folder: `${resources}/model`, source: 'shipped' });
  const task = findTask(grid.task);
  const context = { model, data: await readTaskData(`${resources}/tasks`) };
  const drawn = drawSamples(task, context, readTaskParameters(task, grid.parameters), sample + 1, grid.seed)[sample]!;
  return { ids: drawn.prompt, answer: drawn.answer };
}
