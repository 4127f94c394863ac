/** Runs of any size whose numbers are made up, for tests of figures. */
import { AppError } from '../../base/app-error.ts';
import { createPrng } from '../../base/prng.ts';
import type { MethodName, ParamsOf, ResultOf, Tile } from '../../contract/methods.ts';
import type { HeadProfile, RunComparison, RunSummary } from '../../model/run.ts';
import type { ScoreTable } from '../../model/score.ts';
import type { TokenView } from '../../model/token-view.ts';
import { TILE_SIZE, tileKeySchema } from '../../tensor/tile.ts';
import type { FigureSource } from '../source.ts';
import type { FakeShape } from './fake-shape.ts';
import { fakeSinks } from './fake-sinks.ts';
import { fakeMethodTile, fakeRows, fakeStored } from './fake-traces.ts';
import { LAB_SHAPE } from '../../view/lab/testing/records.ts';
import { makeScoreTable } from '../../model/testing/score-table.ts';

const PIECES = [
  '·the',
  'Wil',
  '·copper',
  ',',
  '·internationalisation',
  '⏎',
  '·a',
  'ing',
  '·“Maren”',
  '漢字',
  '<|bos|>',
  '·x=1',
];

/** Probability of a cell: no map of a model, but with rows that sum to about 1 and structure to look at. */
export function fakeProbability(layer: number, head: number, query: number, key: number): number {
  if (key > query) return NaN;
  const wave = 1 + Math.sin(query * 0.37 + key * 0.61 * (head + 1) + layer);
  return Math.fround((0.02 + wave ** 4) / (16 * (query + 1)));
}

const LAB_EXTENT = {
  tokens: LAB_SHAPE.tokens,
  firstRow: LAB_SHAPE.promptLength,
  rows: LAB_SHAPE.tokens - LAB_SHAPE.promptLength,
};

export function fakeSource({ tokens: n, layers, heads, kvHeads, seed = 1, window = n }: FakeShape): FigureSource {
  const prng = createPrng(seed);
  const ids = Int32Array.from({ length: n }, () => prng.integer(1000));
  const tokens = Array.from(ids, (id): TokenView => {
    const display = PIECES[id % PIECES.length]!;
    const text = display === '⏎' ? '\n' : display.replace('·', ' ');
    return { id, display, text, start: -1, end: -1, special: false };
  });
  const choices = Array.from({ length: 10 }, (_, index) => {
    const display = PIECES[index % PIECES.length]!;
    return { id: index, display, text: display, prob: 0.6 / (index + 1) ** 2, logit: -index };
  });
  const summary = (runId: string, changed: boolean): RunSummary => ({
    runId,
    modelId: 'abcdef0123456789',
    ids,
    tokens,
    interventions: changed ? [{ what: 'zero', where: { layer: 0, head: heads - 1 } }] : [],
    computedFrom: 0,
    next: choices,
    nll: new Float32Array(n),
    cutTokens: 0,
    badges: ['exact'],
    provider: 'cpu',
    milliseconds: 1,
    captureBytes: 1,
  });
  const answers: { readonly [M in MethodName]?: (params: never) => ResultOf<M> } = {
    'run.tile': (params: ParamsOf<'run.tile'>) => fakeTile(params, n, window),
    'run.head': ({ layer, head }: ParamsOf<'run.head'>) => fakeProfile(layer, head, n),
    'run.token': ({ layer, head, index }: ParamsOf<'run.token'>) => ({
      outgoing: Float32Array.from({ length: n }, (_, key) => fakeProbability(layer, head, index, key) || 0),
      incoming: Float32Array.from({ length: n }, (_, query) => fakeProbability(layer, head, query, index) || 0),
    }),
    'run.scores': () => ({ scores: fakeScores(layers * heads, seed) }),
    'score.list': () => ({ scores: [] }),
    'run.sinks': ({ threshold }: ParamsOf<'run.sinks'>) =>
      fakeSinks({ tokens: n, layers, heads, kvHeads, seed }, threshold ?? 0.3),
    'run.miniatures': () => {
      const size = Math.min(32, n);
      return {
        size,
        values: Float32Array.from({ length: layers * heads * size * size }, (_, at) =>
          at % size > Math.floor(at / size) % size ? NaN : 1 / (1 + (at % 97)),
        ),
      };
    },
    // Of the records of tests, whatever the shape of the run.
    'method.rows': (params: ParamsOf<'method.rows'>) => fakeRows(LAB_EXTENT, params),
    'method.tile': (params: ParamsOf<'method.tile'>) => fakeMethodTile(LAB_EXTENT, params),
    'method.store': ({ trace }: ParamsOf<'method.store'>) => {
      if (trace !== 'trace-snapkv') throw new AppError('unknown-run', 'What this method read is no longer held.');
      return fakeStored({ tokens: LAB_SHAPE.promptLength + 5, firstRow: 12, rows: 8 }, LAB_SHAPE);
    },
    'run.compare': (): RunComparison => ({
      kl: 0.123,
      klPerToken: Float32Array.from({ length: n }, (_, index) => index / n),
      nllDelta: Float32Array.from({ length: n }, (_, index) =>
        index === 0 ? NaN : Math.sin(index * 1.7) / (1 + (index % 7)),
      ),
      before: choices.map(({ id, display, prob }) => ({ id, display, clean: prob, changed: prob / 2 })),
      after: choices.map(({ id, display, prob }) => ({ id: id + 5, display, clean: prob / 3, changed: prob })),
    }),
  };
  return {
    model: { name: 'made-up', modelId: 'abcdef0123456789', layers, heads, kvHeads },
    runs: { clean: summary('clean', false), changed: summary('changed', true) },
    promptHash: '0123456789abcdef'.repeat(4),
    ask: <M extends MethodName>(method: M, params: ParamsOf<M>) => {
      const answer = answers[method] as ((params: ParamsOf<M>) => ResultOf<M>) | undefined;
      if (!answer) return Promise.reject(new Error(`Nothing answers ${method}.`));
      return Promise.resolve().then(() => answer(params));
    },
  };
}

/** Largest cell under each texel; differences by largest magnitude. */
function fakeTile(params: ParamsOf<'run.tile'>, tokens: number, window: number): Tile {
  const { level, tileRow, tileColumn } = tileKeySchema.parse(params);
  const side = 2 ** level;
  const values = new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN);
  let [min, max] = [NaN, NaN];
  for (let row = 0; row < TILE_SIZE; row++) {
    for (let column = 0; column < TILE_SIZE; column++) {
      let most = NaN;
      const [query0, key0] = [(tileRow * TILE_SIZE + row) * side, (tileColumn * TILE_SIZE + column) * side];
      for (let query = query0; query < Math.min(tokens, query0 + side); query++) {
        for (let key = Math.max(key0, query - window + 1); key < Math.min(query + 1, key0 + side); key++) {
          const own = fakeProbability(params.layer, params.head, query, key);
          const value = params.minus ? own - fakeProbability(params.minus.layer, params.minus.head, query, key) : own;
          if (!(Math.abs(most) >= Math.abs(value))) most = value;
        }
      }
      const value = Math.fround(most);
      values[row * TILE_SIZE + column] = value;
      if (!(min <= value) && !Number.isNaN(value)) min = value;
      if (!(max >= value) && !Number.isNaN(value)) max = value;
    }
  }
  return { values, min, max };
}

function fakeProfile(layer: number, head: number, n: number): HeadProfile {
  return {
    entropy: Float32Array.from({ length: n }, (_, query) => Math.log(query + 1) * 0.8),
    firstToken: Float32Array.from({ length: n }, (_, query) => fakeProbability(layer, head, query, 0)),
    rowMax: new Float32Array(n).fill(0.5),
    rowArgmax: new Int32Array(n),
    columnMean: Float32Array.from({ length: n }, (_, key) => 1 / (1 + key)),
    distance: Float32Array.from({ length: 20 }, (_, bin) => 2 ** -bin),
  };
}

function fakeScores(count: number, seed: number): readonly ScoreTable[] {
  return [
    ['entropy', 'Entropy', 'nats', null],
    ['sink', 'First-token mass', 'probability', 1],
    ['previous', 'Previous token', 'probability', 1],
    ['distance', 'Mean distance', 'tokens', null],
    ['max', 'Max weight', 'probability', 1],
  ].map(([id, name, unit, most], place) =>
    makeScoreTable(
      id as string,
      Float64Array.from({ length: count }, (_, index) => ((index * (7 + place) + seed) % 101) / 101),
      {
        name: name as string,
        unit: unit as string,
        definition: 'What it is, in a sentence or two, as the interface has it.',
        domain: [0, most as number | null],
      },
    ),
  );
}
