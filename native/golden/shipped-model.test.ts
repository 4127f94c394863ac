/** The shipped model against float64 figures made with its weights in another framework, and against its own claims. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { ExamplePrompt, Prompt, RunSummary } from '../../shared/contract/methods.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { createEngine, type Engine } from '../public/index.ts';
import { createRng, randomIds } from '../testing/rng.ts';

interface Parity {
  readonly text: string;
  readonly ids: readonly number[];
  /** Id and logit. */
  readonly top5: readonly (readonly [number, number])[];
  /** nll[i] belongs to token i + 1. */
  readonly nll: readonly number[];
}

const folder = `${import.meta.dirname}/../../resources/model`;
const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
let engine: Engine;
let info: ModelInfo;

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(`${folder}/${name}`, 'utf8')) as T;
}

function run(prompt: Prompt): Promise<RunSummary> {
  return engine.handlers['run.start']({ prompt, interventions: [], cut: false }, context);
}

async function bestOf(runId: string, score: string): Promise<number> {
  const { scores } = await engine.handlers['run.scores']({ runId }, context);
  return Math.max(...(scores.find((table) => table.info.id === score)?.values ?? []));
}

beforeAll(async () => {
  engine = createEngine({ shippedModel: folder, tasks: '' });
  info = await engine.handlers['model.open']({ path: 'demo' }, context);
});
afterAll(() => engine.dispose());

describe('the shipped model', () => {
  it('opens without warnings, with BOS by default', () => {
    expect(info).toMatchObject({ name: 'demo', architecture: 'Qwen2ForCausalLM', bosByDefault: true, warnings: [] });
    expect(info.heads / info.kvHeads).toBeGreaterThanOrEqual(2);
  });

  it('gives the ids, likelihoods and logits of the float64 forward', async () => {
    const parity = await readJson<Parity>('parity.json');
    const summary = await run({ kind: 'text', text: parity.text, bos: true });
    expect([...summary.ids]).toEqual(parity.ids);
    parity.nll.forEach((nll, i) => expect(Math.abs(summary.nll[i + 1]! - nll)).toBeLessThan(1e-4));
    parity.top5.forEach(([id, logit], rank) => {
      expect(summary.next[rank]!.id).toBe(id);
      expect(Math.abs(summary.next[rank]!.logit - logit)).toBeLessThan(1e-4);
    });
  });

  it('has an induction head and a previous-token head on random tokens that repeat', async () => {
    const random = [...randomIds(createRng(3), 50, info.vocabSize - 300)].map((id) => id + 300);
    const ids = Int32Array.from([info.bos!.id, ...random, ...random]);
    const { runId } = await run({ kind: 'ids', ids });
    expect(await bestOf(runId, 'induction')).toBeGreaterThan(0.4);
    expect(await bestOf(runId, 'previous')).toBeGreaterThan(0.5);
  });

  it('has examples that fit its context, and answers the needle', async () => {
    const examples = await readJson<readonly ExamplePrompt[]>('examples.json');
    expect(examples.map(({ id }) => id)).toEqual(['needle', 'repeat', 'story', 'code']);
    const [needle, repeat] = await Promise.all(examples.map(({ text }) => run({ kind: 'text', text, bos: true })));
    expect(needle!.next[0]!.display).toBe('·co');
    expect(needle!.tokens.some(({ text }, i) => text === ' co' && needle!.tokens[i + 1]!.text.startsWith('pp'))).toBe(
      true,
    );
    expect(await bestOf(repeat!.runId, 'induction')).toBeGreaterThan(0.4);
  });
});
