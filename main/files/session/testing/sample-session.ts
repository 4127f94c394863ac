/** Made-up sessions of any size: the numbers are noise, their shapes are those of real ones. */
import type { HeadProfile } from '../../../../shared/contract/methods.ts';
import { createPrng, type Prng } from '../../../../shared/base/prng.ts';
import type { ModelInfo } from '../../../../shared/model/model-info.ts';
import { overviewLevel } from '../../../../shared/session/map-codes.ts';
import type { StoredRun } from '../../../../shared/session/stored-run.ts';
import { NOTHING_CARRIED, type SessionContent } from '../session-content.ts';
import { makeScoreTable } from '../../../../shared/model/testing/score-table.ts';

export interface SampleShape {
  readonly layers: number;
  readonly heads: number;
  readonly tokens: number;
  /** With profile, token row and map. */
  readonly viewed: number;
  readonly seed?: number;
}

export const SMALL: SampleShape = { layers: 2, heads: 2, tokens: 5, viewed: 2 };

export function sampleRun({ layers, heads, tokens, viewed, seed = 1 }: SampleShape): StoredRun {
  const prng = createPrng(seed);
  const ids = Int32Array.from({ length: tokens }, () => prng.integer(1000));
  const places = Array.from({ length: viewed }, (_, i) => ({ layer: Math.floor(i / heads), head: i % heads }));
  const level = overviewLevel(tokens);
  const miniature = Math.min(32, tokens);
  const model = sampleModel(layers, heads);
  return {
    model,
    summary: {
      runId: `run-${seed}`,
      modelId: model.modelId,
      ids,
      tokens: Array.from(ids, (id) => ({ id, display: `#${id}`, text: '', start: -1, end: -1, special: false })),
      interventions: [],
      computedFrom: 0,
      next: [{ id: 7, display: '·a', text: ' a', prob: 0.5, logit: 3.25 }],
      nll: noise(prng, tokens),
      cutTokens: 0,
      badges: ['exact'],
      provider: 'cpu',
      milliseconds: 12.5,
      captureBytes: 4096,
    },
    scores: [
      makeScoreTable(
        'entropy',
        Float64Array.from({ length: layers * heads }, () => prng.next()),
        {
          name: 'Entropy',
          unit: 'nats',
          definition: 'Mean row entropy.',
          domain: [0, null],
        },
      ),
    ],
    miniatures: { size: miniature, values: noise(prng, layers * heads * miniature ** 2) },
    heads: places.map((place) => ({ ...place, profile: sampleProfile(prng, tokens) })),
    tokenRows: places.map((place) => ({
      ...place,
      index: 0,
      attention: { outgoing: noise(prng, tokens), incoming: noise(prng, tokens) },
    })),
    maps: places.map((place) => ({
      ...place,
      value: 'probability',
      reducer: 'max',
      level,
      ...sampleCodes(prng, Math.ceil(tokens / 2 ** level)),
      range: [1e-6, 0.75],
    })),
    comparison: null,
  };
}

function sampleModel(layers: number, heads: number): ModelInfo {
  return {
    modelId: 'ab'.repeat(32),
    name: 'sample',
    path: 'demo',
    source: 'shipped',
    family: 'llama',
    architecture: 'LlamaForCausalLM',
    layers,
    heads,
    kvHeads: heads,
    headDim: 8,
    dModel: 8 * heads,
    vocabSize: 1000,
    context: 32_768,
    dtype: 'F32',
    parameters: 1,
    weightsBytes: 4,
    slidingWindow: Array.from({ length: layers }, () => null),
    rope: 'default',
    tokenizer: { available: true },
    bos: null,
    bosByDefault: false,
    ignoredFields: [],
    warnings: [],
  };
}

function sampleProfile(prng: Prng, tokens: number): HeadProfile {
  return {
    entropy: noise(prng, tokens),
    firstToken: noise(prng, tokens),
    rowMax: noise(prng, tokens),
    rowArgmax: Int32Array.from({ length: tokens }, (_, query) => prng.integer(query + 1)),
    columnMean: noise(prng, tokens),
    distance: noise(prng, tokens === 1 ? 1 : Math.floor(Math.log2(tokens - 1)) + 2),
  };
}

/** Visible below the diagonal, as in a real map; neighbours are alike. */
function sampleCodes(prng: Prng, side: number): { readonly side: number; readonly codes: Uint8Array } {
  const codes = new Uint8Array(side * side);
  for (let row = 0; row < side; row++) {
    let code = 100;
    for (let column = 0; column <= row; column++) {
      code = Math.min(255, Math.max(1, code + prng.integer(17) - 8));
      codes[row * side + column] = code;
    }
  }
  return { side, codes };
}

function noise(prng: Prng, length: number): Float32Array {
  return Float32Array.from({ length }, () => prng.next());
}

export function sampleContent(
  run: StoredRun | null = sampleRun(SMALL),
  text = 'Head L1H0 looks back.',
): SessionContent {
  return {
    state: { notes: { version: 1, data: { text } } },
    runs: run ? [{ role: 'clean', run, tensors: null }] : [],
    traces: [],
    tokenizer: 'cd'.repeat(32),
    createdAt: '2026-01-02T03:04:05.000Z',
    carried: NOTHING_CARRIED,
  };
}

export const SAMPLE_OPTIONS = {
  appVersion: '0.1.0',
  now: () => new Date('2026-02-03T04:05:06.000Z'),
  replaceAnything: false,
} as const;
