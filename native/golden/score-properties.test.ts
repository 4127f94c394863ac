/**
 * What must hold of every score, whatever the model: uniform attention gets the floor, neither the kernel nor its
 * threads matter, and query heads that share a KV head get what they would get with one of their own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headKinds } from '../../shared/model/head-kinds.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { EngineOptions } from '../public/index.ts';
import { expandGroups } from '../testing/expand-groups.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { CONTEXT, EngineUnderTest, promptScores } from './engine-tensors.ts';

const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  'llama, r = 4': { family: 'llama', heads: 8, kvHeads: 2, attentionBias: true },
  'qwen2, r = 2': { family: 'qwen2', kvHeads: 2, layers: 3 },
  'qwen3, head_dim 24': { family: 'qwen3', kvHeads: 1, headDim: 24 },
  'mistral, window 7': { family: 'mistral', kvHeads: 2, config: { sliding_window: 7 } },
  gpt2: { family: 'gpt2' },
};
/** A text twice after BOS, so that every score of one prompt applies. */
const REPEAT = repeated(1, 60);

let folder: string;
const opened: EngineUnderTest[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-properties-'));
});
afterAll(async () => {
  for (const engine of opened) await engine.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** A folder of its own for each model. */
async function write(options: TinyModelOptions): Promise<string> {
  const path = await mkdtemp(join(folder, 'model-'));
  await writeTinyModel(path, { seed: 700, ...options, config: { bos_token_id: 1, ...options.config } });
  return path;
}

/** Every score that one more forward a head is not needed for. */
async function scoresOf(
  path: string,
  ids: Int32Array,
  options: Partial<EngineOptions> = {},
): Promise<ReadonlyMap<string, ScoreTable>> {
  const engine = new EngineUnderTest(options);
  opened.push(engine);
  await engine.open(path);
  const { scores } = await engine.engine.handlers['score.list']({}, CONTEXT);
  const wanted = promptScores(scores);
  const { runId } = await engine.run(ids);
  const tables = await engine.engine.handlers['run.scores']({ runId, scores: wanted }, CONTEXT);
  return new Map(tables.scores.map((table) => [table.info.id, table]));
}

/** Largest difference of two tables; NaN, which stands for a value that is not defined, only equals NaN. */
function difference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, at) => {
    if (Number.isNaN(value) && Number.isNaN(b[at])) return most;
    const apart = Math.abs(value - b[at]!);
    return Math.max(most, Number.isNaN(apart) ? Infinity : apart);
  }, 0);
}

function repeated(seed: number, length: number): Int32Array {
  const half = randomIds(createRng(seed), length, 57).map((id) => id + 3);
  return Int32Array.of(1, ...half, ...half);
}

describe.each(Object.entries(MODELS).map(([name, options]) => ({ name, options })))('$name', ({ options }) => {
  it('gives uniform attention the floor of every score', async () => {
    const tables = await scoresOf(await write({ ...options, zeroQueries: true }), REPEAT);
    let compared = 0;
    for (const [id, { info, values, floor }] of tables) {
      if (values === null || floor === null) continue;
      const tolerance = (info.badge === 'binned' ? 0.05 : 2e-5) * Math.max(1, Math.abs(floor));
      // Floors are means over layers, whose windows may differ.
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs(mean - floor), id).toBeLessThan(tolerance);
      const heads = values.length / layersOf(options);
      values.forEach((value, at) => expect(Math.abs(value - values[at - (at % heads)]!), id).toBeLessThan(tolerance));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(15);
  });

  it('gives the same bits on any number of threads, and the same numbers on the other kernel', async () => {
    const path = await write(options);
    const one = await scoresOf(path, REPEAT, { threads: 1 });
    const three = await scoresOf(path, REPEAT, { threads: 3 });
    const onnx = await scoresOf(path, REPEAT, { addon: '' });
    let compared = 0;
    for (const [id, { values }] of one) {
      if (values === null) continue;
      expect(three.get(id)!.values, id).toEqual(values);
      const other = onnx.get(id)!.values;
      if (other === null) continue;
      expect(difference(values, other), id).toBeLessThan(1e-4 * largest(values));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(8);
  });
});

describe('query heads that share a KV head', () => {
  it('score as they would with one of their own, and those of a group alike where the group is scored', async () => {
    for (const options of [MODELS['llama, r = 4']!, MODELS['qwen2, r = 2']!]) {
      const grouped = await write(options);
      const single = join(folder, `single-${options.family}`);
      await expandGroups(grouped, single);
      const ofGrouped = await scoresOf(grouped, REPEAT);
      const ofSingle = await scoresOf(single, REPEAT);
      const perGroup = options.heads === undefined ? 2 : 4;
      for (const [id, { info, values }] of ofGrouped) {
        if (values === null) continue;
        if (info.granularity === 'head') {
          expect(difference(values, ofSingle.get(id)!.values!), id).toBeLessThan(1e-4 * largest(values));
        } else {
          values.forEach((value, at) => expect(value, id).toBe(values[at - (at % perGroup)]));
        }
      }
    }
  });
});

describe('negative controls', () => {
  it('finds no job in random weights: stripes lie at the floor', async () => {
    const stripes = ['previous', 'induction', 'duplicate', 'echo', 'razor-induction', 'tl-previous', 'tl-induction'];
    const means = new Map(stripes.map((id) => [id, 0]));
    const seeds = [1, 2, 3, 4, 5, 6];
    const jobs: readonly string[] = ['previous', 'self', 'induction', 'duplicate', 'retrieval'];
    let tables: ReadonlyMap<string, ScoreTable> = new Map();
    for (const seed of seeds) {
      const shape = { layers: 3, heads: 4 };
      tables = await scoresOf(await write({ family: 'qwen2', kvHeads: 2, ...shape, seed }), REPEAT);
      for (const [id, mean] of means) {
        const values = tables.get(id)!.values!;
        const ownMean = values.reduce((sum, value) => sum + value, 0) / values.length;
        means.set(id, mean + ownMean / seeds.length);
      }
      for (let layer = 0; layer < shape.layers; layer++) {
        for (let head = 0; head < shape.heads; head++) {
          const kinds = headKinds([...tables.values()], layer, head, shape).map(({ kind }) => kind);
          expect(kinds.filter((kind) => jobs.includes(kind))).toEqual([]);
        }
      }
    }
    for (const [id, mean] of means) {
      const floor = tables.get(id)!.floor!;
      expect(Math.abs(mean / floor - 1), id).toBeLessThan(0.15);
    }
  });

  it('says nothing of induction on a prompt that repeats nothing', async () => {
    const ids = Int32Array.from({ length: 50 }, (_, at) => (at * 7 + 1) % 61);
    const tables = await scoresOf(await write({ family: 'qwen2', kvHeads: 2 }), ids);
    for (const id of ['induction', 'duplicate']) expect(tables.get(id)).toMatchObject({ values: null, floor: null });
    // Nor of copies of a token, of which there are none.
    for (const id of ['echo', 'razor-induction']) expect(tables.get(id)!.values).toBeNull();
  });
});

function layersOf({ layers = 2 }: TinyModelOptions): number {
  return layers;
}

/** At least 1. */
function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Number.isNaN(value) ? 0 : Math.abs(value)), 1);
}
