/** The shipped model against float64 figures made with its weights in another framework, and against its own claims. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { ExamplePrompt, Prompt, RunSummary } from '../../shared/contract/methods.ts';
import { parseParams } from '../../shared/contract/parse-params.ts';
import { zeroHead } from '../../shared/model/intervention.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { createEngine, type Engine } from '../public/index.ts';

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
  engine = createEngine({ shippedModel: folder, tasks: `${folder}/../tasks`, addon: '' });
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

  it('has induction and previous-token heads on random tokens that repeat', async () => {
    const { scores } = await taskScores({ task: 'repeat', samples: 3, scores: ['induction', 'previous'] });
    expect(Math.max(...scores.find((table) => table.info.id === 'induction')!.values!)).toBeGreaterThan(0.4);
    expect(Math.max(...scores.find((table) => table.info.id === 'previous')!.values!)).toBeGreaterThan(0.5);
  });

  it('has examples that fit its context, and answers the needle', async () => {
    const examples = await readJson<readonly ExamplePrompt[]>('examples.json');
    expect(examples.map(({ id }) => id)).toEqual(['needle', 'repeat', 'story', 'code']);
    const [needle, repeat] = examples.map(({ text }): Prompt => ({ kind: 'text', text, bos: true }));
    const params = { prompt: needle!, interventions: [], maxTokens: 8, sampling: { kind: 'greedy' } };
    const { text } = await engine.handlers['generate.start'](parseParams('generate.start', params), context);
    expect(text).toMatch(/^ copper lantern\b/);
    expect(await bestOf((await run(repeat!)).runId, 'induction')).toBeGreaterThan(0.4);
  });

  it('finds needles through few heads: without them it fails, without others it does not', async () => {
    const grid = { task: 'needle', lengths: [128, 256], depths: [0, 0.5, 1], samples: 6 };
    const { scores, retrieval } = await taskScores({ ...grid, scores: ['retrieval'] });
    expect(retrieval!.kept).toBeGreaterThan(27);
    const ranked = Array.from(scores[0]!.values!, (score, i) => ({ i, score })).sort((x, y) => y.score - x.score);
    const found = ranked.filter(({ score }) => score > 0.1);
    expect(found.length).toBeGreaterThanOrEqual(1);
    expect(found.length).toBeLessThanOrEqual(info.layers * info.heads * 0.15);
    const accuracyWithout = async (heads: readonly { readonly i: number }[]): Promise<number> => {
      const interventions = heads.map(({ i }) => zeroHead({ layer: Math.floor(i / info.heads), head: i % info.heads }));
      const params = parseParams('task.run', { ...grid, interventions });
      return (await engine.handlers['task.run'](params, context)).mean;
    };
    expect(await accuracyWithout([])).toBeGreaterThan(0.75);
    expect(await accuracyWithout(found)).toBeLessThan(0.2);
    const others = ranked
      .slice(found.length)
      .filter((_, at) => at % 7 === 3)
      .slice(0, found.length);
    expect(await accuracyWithout(others)).toBeGreaterThan(0.5);
  });
});

function taskScores(request: object) {
  return engine.handlers['probe.run'](parseParams('probe.run', request), context);
}
