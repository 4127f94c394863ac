/** Every kind of intervention against the float64 reference: at every place, in rows, alone and several at once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERVENTION_KIND_IDS, interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { FinalNorm, Intervention } from '../../shared/model/intervention.ts';
import { formatInterventions } from '../../shared/model/intervention-text.ts';
import { placeHolds } from '../../shared/model/place.ts';
import { concat, maxAbsError } from '../testing/compare.ts';
import { GOLDEN_CASES, loadGolden } from '../testing/golden-cases.ts';
import { ADDON } from '../testing/open-forward.ts';
import { openReference, type ReferenceModel, type ReferenceRun } from '../testing/reference-forward.ts';
import { klOfLogits, nllOfLogits, referenceInterventions } from '../testing/reference-interventions.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { describeWithTestData } from '../testing/test-data.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { CONTEXT, EngineUnderTest, everyLayer } from './engine-tensors.ts';
import { casesOf, changesOf, placesOf, rowsOf } from './kind-cases.ts';
import { ParityTable } from './parity-table.ts';

const LIMIT = 1e-4;
const TOKENS = 19;

const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  'llama, r = 4': { family: 'llama', layers: 3, heads: 8, kvHeads: 2, attentionBias: true },
  'qwen2, r = 2': { family: 'qwen2', kvHeads: 2, layers: 3 },
  'qwen3, head_dim 24': { family: 'qwen3', kvHeads: 1, headDim: 24, layers: 3 },
  'mistral, window 7': { family: 'mistral', kvHeads: 2, layers: 3, config: { sliding_window: 7 } },
  gpt2: { family: 'gpt2', layers: 3 },
};
/** The ONNX kernel once: its own conformance suite compares it with the addon. */
const CASES = [
  ...Object.entries(MODELS).map(([name, options]) => ({ name, options, addon: ADDON })),
  { name: 'llama, r = 4, ONNX kernel', options: MODELS['llama, r = 4']!, addon: '' },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-kinds-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An engine and a reference with the same model, and what they make of a list. */
class Pair {
  readonly engine: EngineUnderTest;
  #reference!: ReferenceModel;
  #clean = new Map<string, Promise<ReferenceRun>>();

  constructor(addon: string) {
    this.engine = new EngineUnderTest({ addon });
  }

  async open(path: string): Promise<void> {
    await this.engine.open(path);
    this.#reference = await openReference(path);
  }

  /** Runs without changes are needed over and over. */
  readonly reference: ReferenceModel = (ids, options) => {
    if (options !== undefined) return this.#reference(ids, options);
    const key = Array.from(ids).join();
    const known = this.#clean.get(key) ?? this.#reference(ids);
    this.#clean.set(key, known);
    return known;
  };

  /** Largest errors of a list, and how far the reference says it moves the logits. */
  async compare(
    ids: Int32Array,
    list: readonly Intervention[],
    finalNorm?: FinalNorm,
  ): Promise<{ readonly errors: Readonly<Record<string, number>>; readonly moved: number }> {
    const { engine } = this;
    const { layers, heads, kvHeads } = engine.info;
    const expected = await referenceInterventions(this.reference, ids, list, finalNorm && { finalNorm });
    const clean = await this.reference(ids);
    const { runId, nll, next } = await engine.run(ids, list, finalNorm);
    const before = await engine.run(ids);
    const tensors = await engine.tensors(runId, ['attn.hook_z', 'hook_resid_pre', 'hook_resid_post', 'logits']);
    const lse = await engine.logSumExps(runId);
    const { kl } = await engine.engine.handlers['run.compare']({ clean: before.runId, changed: runId }, CONTEXT);
    await engine.release(runId);

    const row = (run: ReferenceRun, at: number) => run.logits.subarray(at * run.vocab, (at + 1) * run.vocab);
    const last = ids.length - 1;
    // Of weights that are no softmax of scores there is none to compare.
    const hasLse = (layer: number, head: number): boolean =>
      !list.some(
        ({ what, where }) =>
          ['moved', 'none'].includes(interventionKind(what).maps) &&
          placeHolds(where, { layer, head }, { heads, kvHeads }),
      );
    const errors = {
      logits: maxAbsError(tensors.get('logits')!, expected.logits),
      resid: scaledError(
        concat([
          ...everyLayer(tensors, 'hook_resid_pre', layers),
          tensors.get(`blocks.${layers - 1}.hook_resid_post`)!,
        ]),
        concat(expected.residuals),
      ),
      z: scaledError(concat(everyLayer(tensors, 'attn.hook_z', layers)), concat(expected.layers.map(({ z }) => z))),
      lse: Math.max(
        ...lse.map((actual, layer) =>
          maxAbsError(
            actual.map((value, at) => (hasLse(layer, Math.floor(at / ids.length)) ? value : 0)),
            expected.layers[layer]!.lse.map((value, at) => (hasLse(layer, Math.floor(at / ids.length)) ? value : 0)),
          ),
        ),
      ),
      nll: maxAbsError(
        nll.subarray(1),
        Array.from({ length: last }, (_, i) => nllOfLogits(row(expected, i), ids[i + 1]!)),
      ),
      KL: Math.abs(kl - klOfLogits(row(clean, last), row(expected, last))),
      next: Math.max(...next.map(({ id, logit }) => Math.abs(logit - row(expected, last)[id]!))),
    };
    return { errors, moved: maxAbsError(expected.logits, clean.logits) };
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}

/** In units of the largest magnitude where that is over 1: sums under a sigmoid grow with the prompt. */
function scaledError(actual: Float64Array, expected: Float64Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return maxAbsError(actual, expected) / largest;
}

/** Checks one list and puts its errors into the table; what it moves. */
async function check(
  table: ParityTable,
  pair: Pair,
  label: string,
  ids: Int32Array,
  list: readonly Intervention[],
  finalNorm?: FinalNorm,
): Promise<number> {
  const { errors, moved } = await pair.compare(ids, list, finalNorm);
  for (const [tensor, error] of Object.entries(errors)) {
    table.add(label, tensor, error, LIMIT);
    expect(error, `${tensor} of ${formatInterventions(list)}`).toBeLessThan(LIMIT);
  }
  return moved;
}

/** Temperature and calibration are about a softmax: they are refused after a sigmoid. */
function isAllowed(list: readonly Intervention[]): boolean {
  const layers = list.filter(({ what }) => what === 'sigmoid').map(({ where }) => where.layer);
  return !list.some(
    ({ what, where }) => (what === 'temperature' || what === 'calibrate') && layers.includes(where.layer),
  );
}

describe('random models', () => {
  const table = new ParityTable('runs under each kind of intervention against the float64 reference, random models');
  afterAll(() => table.print());

  describe.each(CASES.map((each, seed) => ({ ...each, seed })))('$name', ({ options, addon, seed }) => {
    const pair = new Pair(addon);
    let ids: Int32Array;
    beforeAll(async () => {
      const path = join(folder, String(seed));
      await writeTinyModel(path, { ...options, seed: seed + 700 });
      await pair.open(path);
      ids = randomIds(createRng(seed + 3), TOKENS, pair.engine.info.vocabSize);
    });
    afterAll(() => pair.dispose());

    it.each(INTERVENTION_KIND_IDS)('%s', async (what) => {
      const moves: number[] = [];
      for (const list of casesOf(what, ids, pair.engine.info)) moves.push(await check(table, pair, what, ids, list));
      // What makes no difference would let a no-op pass.
      expect(Math.max(...moves)).toBeGreaterThan(1e-3);
      const { info } = pair.engine;
      const [change] = changesOf(ids, info)[what];
      const where = placesOf(what, 0, info).at(-1)!;
      await check(table, pair, 'frozen final norm', ids, [{ ...change!, where }], 'frozen');
    });

    it('any list of several', async () => {
      const { info } = pair.engine;
      const { layers } = info;
      const changes = Object.values(changesOf(ids, info)).flat();
      const entry = fc
        .record({ change: fc.constantFrom(...changes), layer: fc.nat(layers - 1), place: fc.nat(2), rows: fc.nat(2) })
        .map(({ change, layer, place, rows }): Intervention => {
          const places = placesOf(change.what, layer, info);
          const range = rowsOf(TOKENS)[rows];
          return { ...change, where: places[place % places.length]!, ...(range && { rows: range }) };
        });
      await fc.assert(
        fc.asyncProperty(
          fc.array(entry, { minLength: 2, maxLength: 6 }).filter(isAllowed),
          fc.constantFrom('recomputed' as const, 'frozen' as const),
          async (list, finalNorm) => {
            await check(table, pair, 'several', ids, list, finalNorm);
          },
        ),
        { numRuns: 25, seed: seed + 1 },
      );
    });
  });
});

describe('a prompt of several row blocks', () => {
  const table = new ParityTable('runs of 560 tokens under each kind of intervention against the float64 reference');
  const pair = new Pair(ADDON);
  const ids = randomIds(createRng(60), 560, 61);
  beforeAll(async () => {
    const path = join(folder, 'long');
    await writeTinyModel(path, { family: 'llama', kvHeads: 2, attentionBias: true, context: 600, seed: 77 });
    await pair.open(path);
  });
  afterAll(async () => {
    table.print();
    await pair.dispose();
  });

  it.each(INTERVENTION_KIND_IDS)('%s', async (what) => {
    // All rows, and some of both blocks.
    const [whole, , some] = casesOf(what, ids, pair.engine.info);
    for (const list of [whole!, some!]) await check(table, pair, what, ids, list);
  });
});

describeWithTestData('trained models', 'models', () => {
  const table = new ParityTable('runs under each kind of intervention against the float64 reference, trained models');
  afterAll(() => table.print());
  const PROMPTS = GOLDEN_CASES.filter(({ entry }) => ['prompt12', 'safetensors_12', 'onnx_12'].includes(entry));

  describe.each(PROMPTS)('$name', (golden) => {
    const pair = new Pair(ADDON);
    let ids: Int32Array;
    beforeAll(async () => {
      const loaded = await loadGolden(golden);
      ({ ids } = loaded);
      await pair.open(loaded.modelFolder);
    });
    afterAll(() => pair.dispose());

    it.each(INTERVENTION_KIND_IDS)('%s', async (what) => {
      const cases = casesOf(what, ids, pair.engine.info);
      for (const list of cases) await check(table, pair, what, ids, list);
    });
  });
});
