/** A stored run with random bits in every array: what a codec must bring back. */
import { TILE_REDUCERS, TILE_VALUES, topLevel } from '../../shared/tensor/tile.ts';
import type { SinkReport } from '../../shared/model/sinks.ts';
import type { StoredDifference, StoredRun, StoredTexels } from '../../shared/session/stored-run.ts';
import { distanceBin } from '../attention/statistics.ts';
import { createRng, randomIds } from './rng.ts';
import { SCORE_COSTS, SCORE_DATA, SCORE_GRANULARITIES, SCORE_GROUPS } from '../../shared/model/score.ts';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';

const NUMBERS = [0, -0, NaN, Infinity, -Infinity, 1 / 3, 5e-324, -1.5e300];
const TEXTS = ['·the', '⟨E2⟩', '"\\', '\ud800', 'NaN', '__proto__', ''];

/** `whole`: with something of everything. */
export function randomStoredRun(seed: number, whole = false): StoredRun {
  const rng = createRng(seed);
  const perhaps = (share: number) => whole || rng.uniform() < share;
  const one = <T>(values: readonly T[]) => values[rng.integer(values.length)]!;
  const bytes = (length: number) => Uint8Array.from({ length }, () => rng.integer(256));
  const f32 = (length: number) => new Float32Array(bytes(4 * length).buffer);
  const number = () => (rng.uniform() < 0.5 ? one(NUMBERS) : rng.normal());
  const number32 = () => Math.abs(Math.fround(rng.normal()));

  const [layers, kvHeads, n] = [1 + rng.integer(3), 1 + rng.integer(2), 1 + rng.integer(whole ? 30 : 300)];
  const heads = kvHeads * (1 + rng.integer(2));
  const size = 1 + rng.integer(4);
  const vocabSize = 50;
  const ids = randomIds(rng, n, vocabSize);
  const all = Array.from({ length: layers * heads }, (_, i) => ({ layer: Math.floor(i / heads), head: i % heads }));
  const some = () => all.filter(() => perhaps(0.4));
  const choices = () =>
    Array.from({ length: whole ? 2 : rng.integer(3) }, () => ({
      id: rng.integer(vocabSize),
      display: one(TEXTS),
      clean: number(),
      changed: number(),
    }));
  const texels = (): StoredTexels & { level: number } => {
    const level = rng.integer(topLevel(n) + 1);
    const side = Math.ceil(n / 2 ** level);
    const low = number32();
    const range = rng.uniform() < 0.1 ? ([NaN, NaN] as const) : ([low, low + number32()] as const);
    return { level, side, codes: bytes(side * side), range, ...(perhaps(0.5) ? { edge: bytes(side) } : {}) };
  };
  const sinks = (): SinkReport => {
    const positions = Int32Array.from({ length: n }, (_, at) => at)
      .filter(() => perhaps(0.3))
      .slice(0, 32);
    const [s, groups] = [positions.length, layers * kvHeads];
    const activations = () =>
      Array.from({ length: whole ? 2 : rng.integer(3) }, () => ({
        layer: rng.integer(layers + 1),
        position: rng.integer(n),
        dimension: rng.integer(32),
        value: number(),
        ratio: number(),
        overRms: number(),
      }));
    return {
      threshold: rng.uniform(),
      share: f32(layers * n),
      rate: f32(n),
      floor: number(),
      leastRows: rng.integer(20),
      positions,
      importance: f32(s * layers * heads),
      valueDrain: f32(s * groups),
      valueNorm: f32(s * groups),
      keyNorm: f32(s * groups),
      meanValueNorm: f32(groups),
      meanKeyNorm: f32(groups),
      cosine: f32(s * layers * heads),
      residualNorm: f32(s * (layers + 1)),
      meanResidualNorm: f32(layers + 1),
      massive: activations(),
      largest: activations(),
    };
  };
  const differences = some().map((place): StoredDifference => ({
    ...place,
    reducer: one(['max', 'mean', 'sum'] as const),
    minus: { ...one(all), run: whole ? 'clean' : one(['same', 'clean'] as const) },
    ...texels(),
  }));

  return {
    model: {
      modelId: 'tiny',
      name: one(TEXTS),
      path: '/models/tiny',
      source: 'folder',
      family: 'Llama',
      architecture: 'LlamaForCausalLM',
      layers,
      heads,
      kvHeads,
      headDim: 8,
      dModel: 32,
      vocabSize,
      context: 512,
      dtype: 'F32',
      parameters: 1000,
      weightsBytes: 4000,
      slidingWindow: Array.from({ length: layers }, () => one([null, 7])),
      rope: 'default',
      tokenizer: one([{ available: true }, { available: false, reason: 'no tokenizer.json' }] as const),
      bos: one([null, { id: 1, text: '<s>' }]),
      bosByDefault: false,
      ignoredFields: [one(TEXTS)],
      warnings: [],
      ...(rng.uniform() < 0.5 ? { device: { requested: 'cpu', provider: 'cpu', refused: [] } } : {}),
    },
    summary: {
      runId: 'run',
      modelId: 'tiny',
      ids,
      tokens: Array.from(ids, (id, start) => ({
        id,
        display: one(TEXTS),
        text: one(TEXTS),
        start,
        end: -1,
        special: false,
      })),
      interventions: some().map((where) =>
        rng.uniform() < 0.5 ? { what: 'zero', where } : { what: 'scale', where, parameters: { factor: rng.normal() } },
      ),
      computedFrom: rng.integer(layers + 1),
      next: [{ id: rng.integer(vocabSize), display: one(TEXTS), text: one(TEXTS), prob: number(), logit: number() }],
      nll: f32(n),
      cutTokens: rng.integer(3),
      badges: ['exact'],
      provider: 'cpu',
      milliseconds: number(),
      captureBytes: rng.integer(1e9),
    },
    scores: ['entropy', 'induction'].map((id) => {
      const applies = perhaps(0.7);
      const info = makeScoreInfo(id, {
        name: one(TEXTS),
        group: one(SCORE_GROUPS),
        unit: 'nats',
        definition: one(TEXTS),
        source: one(TEXTS),
        granularity: one(SCORE_GRANULARITIES),
        data: one(SCORE_DATA),
        cost: one(SCORE_COSTS),
        parameters: [
          {
            id: 'width',
            name: one(TEXTS),
            meaning: one(TEXTS),
            default: one([null, 4]),
            min: 1,
            max: 9,
            integer: true,
          },
        ],
        floor: one([null, ...TEXTS]),
        domain: [0, one([null, 1])],
      });
      return {
        info,
        values: applies ? new Float64Array(bytes(8 * layers * heads).buffer) : null,
        notApplicable: applies ? null : one(TEXTS),
        parameters: { width: rng.integer(9) + 1 },
        floor: one([null, number()]),
        spread: null,
      };
    }),
    miniatures: { size, values: f32(layers * heads * size * size) },
    heads: some().map((place) => ({
      ...place,
      profile: {
        entropy: f32(n),
        firstToken: f32(n),
        rowMax: f32(n),
        rowArgmax: Int32Array.from({ length: n }, () => rng.integer(n + 1) - 1),
        columnMean: f32(n),
        distance: f32(distanceBin(n - 1) + 1),
      },
    })),
    tokenRows: some().map((place) => ({
      ...place,
      index: rng.integer(n),
      attention: { outgoing: f32(n), incoming: f32(n) },
    })),
    maps: some().map((place) => ({ ...place, value: one(TILE_VALUES), reducer: one(TILE_REDUCERS), ...texels() })),
    ...(differences.length > 0 ? { differences } : {}),
    comparison: perhaps(0.5)
      ? {
          kl: number(),
          klPerToken: f32(n),
          nllDelta: f32(n),
          ...(perhaps(0.5) ? { topChanged: Uint8Array.from({ length: n }, () => rng.integer(2)) } : {}),
          before: choices(),
          after: choices(),
        }
      : null,
    ...(perhaps(0.5) ? { sinks: sinks() } : {}),
  };
}
