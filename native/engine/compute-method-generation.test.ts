import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { ParamsOf, Progress } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import type { Engine } from '../public/engine.ts';
import { ADDON } from '../testing/open-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const PROMPT = 40;
const START = 30;
const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const ids = randomIds(createRng(12), PROMPT, 61);
let root: string;
let engine: Engine;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-method-generation-'));
  const model = { family: 'qwen2', layers: 3, heads: 4, kvHeads: 2, tied: false, context: 80, seed: 41 } as const;
  // Without end tokens.
  await writeTinyModel(path.join(root, 'model'), { ...model, config: { eos_token_id: undefined } });
  engine = createEngine({ shippedModel: path.join(root, 'model'), tasks: '', addon: ADDON, threads: 1 });
  await engine.handlers['model.open']({ path: 'demo' }, context);
});
afterAll(async () => {
  await engine.dispose();
  await rm(root, { recursive: true });
});

const prompt = { kind: 'ids' as const, ids };
const generate = (params: Partial<ParamsOf<'method.generate'>> = {}, on = context) =>
  engine.handlers['method.generate'](
    parseParams('method.generate', { prompt, method: 'h2o', promptLength: START, maxTokens: 12, ...params }),
    on,
  );

describe('tokens under a method', () => {
  it('are those of an ordinary generation where it reads everything', async () => {
    const sampling = { kind: 'greedy' as const };
    const plain = await engine.handlers['generate.start'](
      parseParams('generate.start', { prompt, interventions: [], sampling, maxTokens: 12 }),
      context,
    );
    for (const more of [{ method: 'dense' }, { method: 'snapkv', budget: { share: 1 } }]) {
      const told = await generate(more);
      expect(told).toMatchObject({ text: plain.text, stopped: plain.stopped, promptTokens: PROMPT, notes: [] });
      expect(told.tokens.map(({ id }) => id)).toEqual(plain.tokens.map(({ id }) => id));
      told.tokens.forEach(({ prob }, at) => expect(prob).toBeCloseTo(plain.tokens[at]!.prob, 4));
    }
  });

  it('are chosen, and keys read for them, as if all of the text had been there', async () => {
    for (const choice of [
      { method: 'h2o', budget: { keys: 6 } },
      { method: 'kivi', parameters: { group: 4, residual: 4 } },
      { method: 'seer', parameters: { block: 4, share: 0.3 } },
    ]) {
      const told = await generate(choice);
      expect(told.ids).toHaveLength(PROMPT + 12);
      expect([...told.ids.subarray(0, PROMPT)]).toEqual([...ids]);
      expect(told.views.map(({ id }) => id)).toEqual([...told.ids]);
      const whole = { kind: 'ids' as const, ids: told.ids };
      const { runId } = await engine.handlers['run.start']({ prompt: whole, interventions: [], cut: false }, context);
      const { budget, ...rest } = { budget: null, parameters: {}, ...choice };
      const { results } = await engine.handlers['method.run'](
        parseParams('method.run', {
          ...rest,
          ...{ runId, promptLength: START, fidelity: 'F3', answerStart: PROMPT, maxTokens: 12 },
          budgets: budget === null ? [] : [budget],
        }),
        context,
      );
      const [{ generated, trace }] = results as [(typeof results)[number]];
      expect(generated).toMatchObject({ correct: true, text: told.text });
      const rows = choice.method === 'seer' ? [0, START] : [START, PROMPT + 11];
      for (let query = rows[0]!; query < rows[1]!; query++) {
        for (const [layer, head] of [
          [0, 1],
          [2, 3],
        ] as const) {
          const at = { layer, head, query };
          const [own, other] = await Promise.all(
            [told.trace!, trace!].map((name) => engine.handlers['method.kept']({ trace: name, ...at }, context)),
          );
          expect(own).toEqual(other);
        }
      }
      // For the last token nothing was read.
      const past = engine.handlers['method.kept']({ trace: told.trace!, layer: 0, head: 0, query: rows[1]! }, context);
      await expect(past).rejects.toMatchObject({ code: 'bad-request' });
    }
  });

  it('have states that probabilities follow from', async () => {
    const { trace } = await generate({ budget: { keys: 6 } });
    const row = await engine.handlers['method.row']({ trace: trace!, layer: 2, head: 1, query: PROMPT + 5 }, context);
    expect(row.dense).toHaveLength(PROMPT + 6);
    expect(row.dense.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
    expect(row.probabilities!.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
    expect(row.keys).toHaveLength(7);
  });

  it('begin with what the last row of a dense prompt says', async () => {
    const told = await generate({ promptLength: PROMPT });
    expect(told.tokens[0]!.id).toBe((await generate({ method: 'dense' })).tokens[0]!.id);
    expect(told.notes).toEqual(['The first token follows from the last row of the prompt, which is dense.']);
    expect((await generate({ promptLength: PROMPT, maxTokens: 1 })).trace).toBeNull();
    const masked = await generate({ method: 'seer', promptLength: PROMPT, maxTokens: 1 });
    expect(masked.notes).toEqual(['The rows of the prompt are masked; later ones attend to all that comes of it.']);
    expect(masked.trace).not.toBeNull();
  });

  it('end with the longest sequence, or are refused', async () => {
    expect(await generate({ maxTokens: 1000, stopAtEnd: false })).toMatchObject({ stopped: 'context' });
    const refused = (params: Partial<ParamsOf<'method.generate'>>) => expect(generate(params)).rejects;
    await refused({ promptLength: PROMPT + 1 }).toThrow('The prompt has 40 tokens, not 41.');
    await refused({ parameters: { other: 1 } }).toMatchObject({ code: 'bad-request' });
    await refused({ prompt: { kind: 'ids', ids: new Int32Array(81) } }).toMatchObject({ code: 'prompt-too-long' });
  });

  it('are told as they come, up to a cancel', async () => {
    const controller = new AbortController();
    const partial: NonNullable<Progress['partial']>[] = [];
    const cancelling: CallContext = {
      signal: controller.signal,
      progress: (progress) => {
        if (progress.partial === undefined) return;
        partial.push(progress.partial);
        controller.abort();
      },
    };
    await expect(generate({ maxTokens: 30 }, cancelling)).rejects.toMatchObject({ name: 'CancelledError' });
    expect(partial[0]!.tokens.length).toBeGreaterThan(0);
  });
});
