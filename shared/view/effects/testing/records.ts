/** Results as engines answer them, for tests: whatever is not given is made up and fits. */
import type { AccuracyPoint, Effect, PatchResult } from '../../../model/effect.ts';
import type {
  CurveRecord,
  DoseRecord,
  EffectAbout,
  GreedyRecord,
  ImportanceRecord,
  KeysRecord,
  PatchingRecord,
  PathsRecord,
  RandomRecord,
} from '../../../model/effect-results.ts';
import { finiteDifferenceError } from '../../../model/finite-difference.ts';
import type { TokenView } from '../../../model/token-view.ts';

const WORK = { forwards: 4, milliseconds: 20, flopBound: 1.9 } as const;
const NAMES = { token: { id: 1, display: '·copper' }, against: { id: 2, display: '·silver' } } as const;
const TARGET = { position: 2, ...NAMES, difference: 2.5 } as const;

export const ABOUT: EffectAbout = {
  modelId: 'abcdef0123456789',
  model: 'made-up',
  layers: 2,
  heads: 3,
  kvHeads: 3,
  tokens: 3,
  prompt: 'a b c',
  on: '',
  finalNorm: 'recomputed',
};

export function effect(size: number): Effect {
  return { kl: size, 'kl-last': 2 * size, nll: size / 2, 'logit-difference': -size, agreement: Math.exp(-size) };
}

function token(display: string, at: number): TokenView {
  return {
    id: display.codePointAt(display.length - 1)!,
    display,
    text: display.replace('·', ' '),
    start: at,
    end: at + 1,
    special: false,
  };
}

export function keysRecord({
  deviation,
  logit,
}: {
  readonly deviation: readonly number[];
  readonly logit: readonly number[];
}): KeysRecord {
  return {
    about: ABOUT,
    head: { layer: 1, head: 2 },
    query: deviation.length - 1,
    tokens: deviation.map((_, at) => `·t${at}`),
    weight: Float32Array.from(deviation, () => 1 / deviation.length),
    deviation: Float32Array.from(deviation),
    relative: Float32Array.from(deviation, (value) => value / 4),
    logit: Float32Array.from(logit),
    ...NAMES,
  };
}

export function curveRecord(): CurveRecord {
  const point = (heads: number, accuracy: number, draws: number): AccuracyPoint => ({
    heads,
    accuracy,
    low: Math.max(0, accuracy - 0.1),
    high: Math.min(1, accuracy + 0.1),
    prompts: 20,
    draws,
  });
  return {
    about: { ...ABOUT, tokens: null, prompt: '' },
    task: 'needle',
    badge: 'generated',
    change: { what: 'zero' },
    ranking: [
      { layer: 1, head: 2 },
      { layer: 0, head: 1 },
    ],
    ranked: [point(0, 1, 1), point(1, 0.35, 1), point(2, 0, 1)],
    random: [point(0, 1, 20), point(1, 0.95, 20), point(2, 0.9, 20)],
    rankedBy: 'Retrieval, largest first',
    matched: false,
    lengths: [256],
    samples: 20,
    seed: 0,
  };
}

export function doseRecord(): DoseRecord {
  const factors = Float64Array.of(-1, 0, 1, 2);
  return {
    about: ABOUT,
    place: { layer: 1, head: 2 },
    target: TARGET,
    factors,
    effects: Array.from(factors, (factor) => effect((1 - factor) ** 2)),
    work: WORK,
  };
}

export function greedyRecord(): GreedyRecord {
  return {
    about: ABOUT,
    change: { what: 'zero' },
    target: TARGET,
    metric: 'kl',
    steps: [
      { place: { layer: 1, head: 2 }, effect: effect(1) },
      { place: { layer: 0, head: 1 }, effect: effect(1.5) },
    ],
    work: WORK,
  };
}

export function randomRecord(): RandomRecord {
  const bounds = (low: number, high: number) => ({ low, high, below: 1 });
  return {
    about: ABOUT,
    change: { what: 'zero' },
    heads: [{ layer: 1, head: 2 }],
    matched: true,
    seed: 0,
    target: TARGET,
    effect: effect(2),
    draws: [0.1, 0.2, 0.3].map((size) => ({ heads: [{ layer: 1, head: 0 }], effect: effect(size) })),
    interval: {
      kl: bounds(0.1, 0.3),
      'kl-last': bounds(0.2, 0.6),
      nll: bounds(0.05, 0.15),
      'logit-difference': bounds(-0.3, -0.1),
      agreement: bounds(0.74, 0.9),
    },
    work: WORK,
  };
}

/** Two layers of three heads. `grid` as of `patch.run`; recoveries run from 0 in equal steps. */
export function patchResult(part: Partial<Pick<PatchResult, 'direction' | 'grid' | 'hook'>> = {}): PatchResult {
  const { direction = 'denoise', grid = 'head', hook = 'z' } = part;
  const shape = { head: [2, 3, 1], 'head-position': [2, 3, 3], 'layer-position': [2, 1, 3] }[grid] as [
    number,
    number,
    number,
  ];
  const count = shape[0] * shape[1] * shape[2];
  const recovery = Float64Array.from({ length: count }, (_, at) => at / 4);
  // Of single heads the others are left out.
  if (grid === 'head-position') for (let at = 0; at < count; at++) if (Math.floor(at / 3) !== 4) recovery[at] = NaN;
  return {
    ...NAMES,
    pair: {
      clean: ['a', '·b', '·c'].map(token),
      corrupted: ['a', '·x', '·c'].map(token),
      partners: Int32Array.of(0, 1, 2),
    },
    direction,
    hook,
    grid,
    shape,
    values: recovery.map((value) => -3.5 + 7 * value),
    recovery,
    clean: 3.5,
    corrupted: -3.5,
    work: WORK,
  };
}

export function patchingRecord(): PatchingRecord {
  return { about: ABOUT, denoise: patchResult(), noise: patchResult({ direction: 'noise' }) };
}

export function pathsRecord(): PathsRecord {
  const { pair } = patchResult();
  const values = Float64Array.of(NaN, NaN, NaN, 0, 0.5, 1);
  return {
    ...NAMES,
    about: ABOUT,
    pair,
    direction: 'denoise',
    sender: { layer: 0, head: 1 },
    mlps: 'recomputed',
    logits: NaN,
    q: values,
    k: values,
    v: values,
    clean: 3.5,
    corrupted: -3.5,
    work: WORK,
  };
}

export function importanceRecord(): ImportanceRecord {
  const exact = Float64Array.of(0.1, 0.2, NaN, 0, 1.5, 0.4);
  const approximate = Float64Array.of(0.1, 0.1, 0.3, 0, 0.75, 0.8);
  return {
    about: ABOUT,
    epsilon: 0.05,
    signed: false,
    error: finiteDifferenceError(approximate, exact),
    work: WORK,
    origin: 'sweep-1',
    scores: { approximate: 'michel', exact: 'leave-one-out' },
    approximate,
    exact,
  };
}
