import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallContext } from '../../shared/contract/handlers.ts';
import { KIND_SCORES } from '../../shared/model/head-kinds.ts';
import type { Engine } from '../public/engine.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { createEngine } from './create-engine.ts';

const context: CallContext = { signal: new AbortController().signal, progress: () => undefined };
const tokens = 50;
let root: string;
let engine: Engine;
let runId: string;
let model: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-describe-'));
  model = path.join(root, 'llama');
  await writeTinyModel(model, { family: 'llama', layers: 3, heads: 4, kvHeads: 2, context: 64, seed: 2 });
  engine = createEngine({ shippedModel: model, tasks: '', addon: '', threads: 1 });
  await engine.handlers['model.open']({ path: 'demo' }, context);
  runId = await start(engine, tokens);
});
afterAll(async () => {
  await engine.dispose();
  await rm(root, { recursive: true });
});

async function start({ handlers }: Engine, count: number): Promise<string> {
  const ids = Int32Array.from({ length: count }, (_, i) => (i * 13) % 61);
  const run = await handlers['run.start']({ prompt: { kind: 'ids', ids }, interventions: [], cut: false }, context);
  return run.runId;
}

describe('run.sinks', () => {
  it('agrees with the columns of the maps and with the score of the same name', async () => {
    const report = await engine.handlers['run.sinks']({ runId, threshold: 0.02 }, context);
    const { scores } = await engine.handlers['run.scores']({ runId, scores: ['sink-importance'] }, context);
    const first = report.positions.indexOf(0);
    expect(first).toBeGreaterThanOrEqual(0);
    for (let layer = 0; layer < 3; layer++) {
      for (let head = 0; head < 4; head++) {
        const { columnMean } = await engine.handlers['run.head']({ runId, layer, head }, context);
        report.positions.forEach((position, s) => {
          expect(report.importance[s * 12 + layer * 4 + head]).toBeCloseTo(columnMean[position]!, 6);
        });
        const own = report.importance[first * 12 + layer * 4 + head];
        expect(scores[0]!.values![layer * 4 + head]).toBeCloseTo(own!, 6);
      }
    }
    expect(scores[0]!.floor).toBeCloseTo(report.floor, 12);
  });
});

describe('run.spans', () => {
  it('gives the mass that the rows after a span put on it', async () => {
    const spans = [
      { name: 'a', start: 0, end: 20 },
      { name: 'b', start: 20, end: 49 },
    ];
    const { scores } = await engine.handlers['run.spans']({ runId, spans }, context);
    expect(scores.map(({ info }) => info.name)).toEqual(['a', 'b']);
    const cell = await engine.handlers['run.token']({ runId, layer: 2, head: 1, index: 49 }, context);
    // Only the last row comes after the second span.
    const mass = cell.outgoing.subarray(20, 49).reduce((sum, p) => sum + p, 0);
    expect(scores[1]!.values![9]).toBeCloseTo(mass, 5);
    for (const value of scores[0]!.values!) expect(value).toBeGreaterThan(0);
  });

  it('refuses a span past the prompt', async () => {
    const spans = [{ name: 'a', start: 0, end: tokens + 1 }];
    await expect(engine.handlers['run.spans']({ runId, spans }, context)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});

describe('run.descriptors', () => {
  it('describes every head by features that tell heads apart, and remembers the answer', async () => {
    const described = await engine.handlers['run.descriptors']({ runId }, context);
    const { features, dropped, values, nearest, clusters } = described;
    expect(features).toEqual(expect.arrayContaining(['sink mass', 'previous', 'layer', 'Value drain', 'Output norm']));
    // The addon is not there, the tokens have no texts, and nothing is as far as 256 tokens.
    expect(dropped).toEqual(expect.arrayContaining(['Gini', 'delimiters', 'distance 256 and over']));
    expect(values).toHaveLength(12 * features.length);
    expect(values.every((value) => Number.isFinite(value))).toBe(true);
    expect(nearest).toHaveLength(60);
    expect(clusters).toHaveLength(12);
    expect(await engine.handlers['run.descriptors']({ runId }, context)).toBe(described);
  });

  it('refuses a prompt of one token', async () => {
    const one = await start(engine, 1);
    await expect(engine.handlers['run.descriptors']({ runId: one }, context)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const other = await start(engine, 40);
    const progress: CallContext['progress'] = () => controller.abort();
    const cancelled = engine.handlers['run.descriptors']({ runId: other }, { signal: controller.signal, progress });
    await expect(cancelled).rejects.toThrow('Cancelled');
  });
});

describe('kinds of heads', () => {
  it('are told from scores that there are', async () => {
    const { scores } = await engine.handlers['score.list']({}, context);
    expect(scores.map(({ id }) => id)).toEqual(expect.arrayContaining([...KIND_SCORES]));
  });
});

describe('a run on disk', () => {
  it('answers as one in memory', async () => {
    const spillFolder = path.join(root, 'spill');
    const options = { shippedModel: model, tasks: '', addon: '', threads: 1, spillFolder, captureBudgetBytes: 215_000 };
    const small = createEngine(options);
    const { handlers } = small;
    await handlers['model.open']({ path: 'demo' }, context);
    expect((await handlers['run.estimate']({ tokens }, context)).onDisk).toBe(true);
    const onDisk = await start(small, tokens);
    const spans = [{ name: 'a', start: 2, end: 30 }];
    for (const answer of [
      ({ handlers: of }: Engine, id: string) => of['run.sinks']({ runId: id, threshold: 0.02 }, context),
      ({ handlers: of }: Engine, id: string) => of['run.spans']({ runId: id, spans }, context),
      ({ handlers: of }: Engine, id: string) => of['run.descriptors']({ runId: id }, context),
    ]) {
      expect(await answer(small, onDisk)).toEqual(await answer(engine, runId));
    }
    await small.dispose();
  });
});
