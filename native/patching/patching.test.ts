/** Patching through the engine against the float64 reference, on random small models of every family and on the oracle. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import { alignPositions } from '../../shared/model/align.ts';
import { PATCH_DIRECTIONS, PATCH_HOOKS, type PatchGrid } from '../../shared/model/effect.ts';
import { CONTEXT, EngineUnderTest } from '../golden/engine-tensors.ts';
import { ParityTable } from '../golden/parity-table.ts';
import { maxAbsError } from '../testing/compare.ts';
import { ReferencePatching } from '../testing/reference-patching.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';

const LIMIT = 1e-4;

const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  'llama, r = 4': { family: 'llama', layers: 3, heads: 8, kvHeads: 2, attentionBias: true, mlpBias: true },
  'llama, yarn': {
    family: 'llama',
    kvHeads: 2,
    headDim: 16,
    config: { rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 128 } },
  },
  'qwen3, head_dim 24': { family: 'qwen3', kvHeads: 1, headDim: 24, layers: 3 },
  'mistral, window 4': { family: 'mistral', kvHeads: 2, config: { sliding_window: 4 } },
  gpt2: { family: 'gpt2', layers: 3 },
};

type Given = Partial<ParsedParamsOf<'patch.run'>>;
const ids = (values: Int32Array) => ({ kind: 'ids' as const, ids: values });
const LAST = { position: null, token: null, against: null, finalNorm: 'recomputed' as const };

const table = new ParityTable('patched runs against the float64 reference, logit differences');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-patching-'));
});
afterAll(async () => {
  table.print();
  await rm(folder, { recursive: true, force: true });
});

/** The first of them on the kernel of machines without the addon, too. */
const ON_ONNX = { name: 'llama, ONNX kernel', options: MODELS['llama, r = 4']!, seed: 9, engine: { addon: '' } };

describe.each([
  ...Object.entries(MODELS).map(([name, options], seed) => ({ name, options, seed, engine: {} })),
  ON_ONNX,
])('$name', ({ name, options, seed, engine: engineOptions }) => {
  const engine = new EngineUnderTest(engineOptions);
  let reference: ReferencePatching;
  let clean: Int32Array;
  let corrupted: Int32Array;
  beforeAll(async () => {
    const path = join(folder, String(seed));
    await writeTinyModel(path, { ...options, seed: seed + 700 });
    await engine.open(path);
    reference = await ReferencePatching.open(path);
    const rng = createRng(seed);
    const drawn = randomIds(rng, 9, engine.info.vocabSize);
    clean = drawn;
    // One token replaced, two put in, one left out: positions shift, and some have no partner.
    const [other, one, two] = randomIds(rng, 3, engine.info.vocabSize);
    corrupted = Int32Array.of(drawn[0]!, other!, drawn[2]!, one!, two!, ...drawn.subarray(3, 6), ...drawn.subarray(7));
  });
  afterAll(() => engine.dispose());

  const run = (given: Given) =>
    engine.engine.handlers['patch.run'](
      {
        ...{ clean: ids(clean), corrupted: ids(corrupted), align: 'tokens', direction: 'denoise' },
        ...{ hook: 'z', grid: 'head', heads: null, target: LAST, ...given },
      },
      CONTEXT,
    );

  it.each(PATCH_HOOKS.flatMap((hook) => PATCH_DIRECTIONS.map((direction) => ({ hook, direction }))))(
    '$direction of $hook',
    async ({ hook, direction }) => {
      const { layers, heads } = engine.info;
      const [receiverIds, donorIds] = direction === 'denoise' ? [corrupted, clean] : [clean, corrupted];
      const [receiver, donor] = [await reference.side(receiverIds), await reference.side(donorIds)];
      const partners = alignPositions(receiverIds, donorIds, 'tokens');
      const grids: PatchGrid[] = hook === 'resid' ? ['layer-position'] : ['head', 'head-position', 'layer-position'];
      for (const grid of grids) {
        const chosen = grid === 'head-position' ? [0, 1].map((layer) => ({ layer, head: heads - 1 - layer })) : null;
        const result = await run({ hook, direction, grid, heads: chosen });
        const { token, against, shape } = result;
        const difference = (logits: Float64Array, n: number): number => {
          const row = logits.subarray((n - 1) * engine.info.vocabSize);
          return row[token.id]! - row[against.id]!;
        };
        expect(shape).toEqual([
          layers,
          grid === 'layer-position' ? 1 : heads,
          grid === 'head' ? 1 : receiverIds.length,
        ]);
        const expected: number[] = [];
        for (let layer = 0; layer < layers; layer++) {
          for (let head = 0; head < shape[1]; head++) {
            for (let position = 0; position < shape[2]; position++) {
              const isAsked = chosen?.some((each) => each.layer === layer && each.head === head) ?? true;
              if (!isAsked || (grid !== 'head' && partners[position] === -1)) expected.push(NaN);
              else {
                const place = {
                  head: grid === 'layer-position' ? null : head,
                  position: grid === 'head' ? null : position,
                };
                const logits = await reference.patched(receiver, donor, partners, { hook, layer, ...place });
                expected.push(difference(logits, receiverIds.length));
              }
            }
          }
        }
        expect([...result.values].map(Number.isNaN)).toEqual(expected.map(Number.isNaN));
        const error = maxAbsError(
          result.values.filter((value) => !Number.isNaN(value)),
          expected.filter((value) => !Number.isNaN(value)),
        );
        table.add(`${hook}, ${grid}`, name, error, LIMIT);
        expect(error, grid).toBeLessThan(LIMIT);
        const [cleanEnd, corruptedEnd] = [result.clean, result.corrupted];
        const own = direction === 'denoise' ? corruptedEnd : cleanEnd;
        expect(own).toBeCloseTo(difference(receiver.run.logits, receiverIds.length), 4);
        // Something has to come of it.
        expect(result.values.some((value) => Math.abs(value - own) > 1e-3)).toBe(true);
      }
    },
  );

  it.each(
    PATCH_DIRECTIONS.flatMap((direction) => (['recomputed', 'frozen'] as const).map((mlps) => ({ direction, mlps }))),
  )('paths, $direction, MLPs $mlps', async ({ direction, mlps }) => {
    const { layers, heads } = engine.info;
    const [receiverIds, donorIds] = direction === 'denoise' ? [corrupted, clean] : [clean, corrupted];
    const [receiver, donor] = [await reference.side(receiverIds), await reference.side(donorIds)];
    const partners = alignPositions(receiverIds, donorIds, 'tokens');
    const sender = { layer: 0, head: 1 };
    const result = await engine.engine.handlers['patch.paths'](
      {
        ...{ clean: ids(clean), corrupted: ids(corrupted), align: 'tokens', direction },
        ...{ sender, mlps, target: LAST },
      },
      CONTEXT,
    );
    const { token, against, clean: top, corrupted: bottom } = result;
    const recovery = (logits: Float64Array): number => {
      const row = logits.subarray((receiverIds.length - 1) * engine.info.vocabSize);
      return (row[token.id]! - row[against.id]! - bottom) / (top - bottom);
    };
    const limit = LIMIT / Math.abs(top - bottom);
    for (const input of ['q', 'k', 'v'] as const) {
      const expected: number[] = [];
      for (let layer = 0; layer < layers; layer++) {
        for (let head = 0; head < heads; head++) {
          if (layer === 0) expected.push(NaN);
          else {
            expected.push(
              recovery(await reference.path(receiver, donor, partners, sender, { layer, head, input }, mlps)),
            );
          }
        }
      }
      const error = maxAbsError(result[input].subarray(heads), expected.slice(heads));
      expect([...result[input].subarray(0, heads)]).toEqual(expected.slice(0, heads));
      table.add(`path to ${input}, MLPs ${mlps}`, name, error * Math.abs(top - bottom), LIMIT);
      expect(error, input).toBeLessThan(limit);
    }
    const error = Math.abs(
      result.logits - recovery(await reference.path(receiver, donor, partners, sender, null, mlps)),
    );
    table.add(`path to logits, MLPs ${mlps}`, name, error * Math.abs(top - bottom), LIMIT);
    expect(error).toBeLessThan(limit);
    expect(result.work.forwards).toBe(1 + 3 * heads * (layers - 1));
  });
});
