/** Scores of weights against whole matrices in float64, for every family, and by hand-checked values. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type { ScoreParameters } from '../../shared/model/score.ts';
import type { Family } from '../families/family.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { openModel } from '../model/open-model.ts';
import { attnOnly } from '../testing/attn-only.ts';
import { maxAbsError } from '../testing/compare.ts';
import { expandGroups } from '../testing/expand-groups.ts';
import { openForward } from '../testing/open-forward.ts';
import { writeOracle } from '../testing/oracle.ts';
import { RANDOM_MODELS } from '../testing/random-models.ts';
import { createRng } from '../testing/rng.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { Circuits } from './circuits.ts';
import {
  composition,
  compositionOf,
  headComposition,
  randomCompositions,
  randomRatios,
  readers,
  writers,
} from './composition.ts';
import { eigenShare } from './eigen-share.ts';
import { expectedLargest } from './expected-largest.ts';
import { weightScores } from './index.ts';
import { MatrixProducts } from './matrix-products.ts';
import { matrix, norm, referenceCircuits, times, turned, type Matrix } from './testing/reference-circuits.ts';

const job: Job = { signal: new AbortController().signal, progress: () => undefined };
const breathe = () => Promise.resolve();
const pauses = { pause: breathe, breathe };
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'headscope-circuits-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function open(folder: string, families?: readonly Family[]): Promise<Circuits> {
  return new Circuits(await openModel({ folder, source: 'folder', families }), 2);
}

const score = (circuits: Circuits, id: string, parameters: ScoreParameters = {}): Promise<Float64Array> =>
  weightScores.find(({ info }) => info.id === id)!.compute(circuits, parameters, job);

/** Of a whole matrix. Its many eigenvalues of 0 come out as rounding, which the sum of magnitudes must not count. */
async function shareOf({ rows, data }: Matrix): Promise<number> {
  return eigenShare(data, rows, 0, breathe);
}

/** As `maxAbsError`, where what is not defined in one has to be so in the other. */
function maxAbsErrorOrNan(actual: Float64Array, expected: Float64Array): number {
  const undefinedAt = (values: Float64Array) => Array.from(values, Number.isNaN);
  expect(undefinedAt(actual)).toEqual(undefinedAt(expected));
  const defined = (values: Float64Array) => values.filter((value) => !Number.isNaN(value));
  return maxAbsError(defined(actual), defined(expected));
}

/** Upper triangular with ones on the diagonal. */
function unitTriangle(value: number, at: number, n: number): number {
  const [row, column] = [Math.floor(at / n), at % n];
  return row === column ? 1 : row < column ? value / 2 : 0;
}

/** Of I + N with N strictly triangular: the sum of the powers of -N. */
function inverseOf(a: Matrix): Matrix {
  const n = a.rows;
  const identity = matrix(
    n,
    n,
    Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0)),
  );
  const minus = matrix(
    n,
    n,
    a.data.map((value, at) => identity.data[at]! - value),
  );
  let power = identity;
  const sum = Float64Array.from(identity.data);
  for (let exponent = 1; exponent < n; exponent++) {
    power = times(power, minus);
    for (let at = 0; at < n * n; at++) sum[at]! += power.data[at]!;
  }
  return matrix(n, n, sum);
}

const NAMES = ['gpt2', 'llama, head_dim 20', 'qwen2', 'qwen3, biases, F16', 'mistral, window 7', 'llama, BF16, untied'];

describe.each(NAMES.map((name, seed) => ({ name, seed })))('$name', ({ name, seed }) => {
  let circuits: Circuits;
  beforeAll(async () => {
    const folder = join(root, `random-${seed}`);
    await writeTinyModel(folder, { ...RANDOM_MODELS[name]!, layers: 3, seed: seed + 7 });
    circuits = await open(folder);
  });
  afterAll(() => circuits.dispose());

  it('scores what whole matrices say', async () => {
    const { layers, heads } = circuits.architecture;
    const { ov, qk, embedding, unembedding } = await referenceCircuits(circuits);
    const [copying, tokens, match] = [
      await score(circuits, 'ov-copying'),
      await score(circuits, 'ov-copying-tokens'),
      await score(circuits, 'qk-match'),
    ];
    for (let layer = 0; layer < layers; layer++) {
      for (let head = 0; head < heads; head++) {
        const at = layer * heads + head;
        const w = ov[layer]![head]!;
        expect(copying[at]).toBeCloseTo(await shareOf(w), 5);
        expect(tokens[at]).toBeCloseTo(await shareOf(times(times(embedding, w), unembedding)), 5);
        expect(match[at]).toBeCloseTo(await shareOf(times(times(embedding, qk[layer]![head]!), turned(embedding))), 5);
      }
    }
  });

  it('takes tokens after the first MLP for them where it is asked to, but in the first layer', async () => {
    const { layers, heads, dModel, vocabSize } = circuits.architecture;
    const { ov, qk, embedding, unembedding } = await referenceCircuits(circuits);
    const rows = await circuits.afterFirstMlp(Float32Array.from(embedding.data), breathe);
    const extended = matrix(vocabSize, dModel, rows);
    const tokens = await score(circuits, 'ov-copying-tokens', { embedding: 1 });
    const match = await score(circuits, 'qk-match', { embedding: 1 });
    for (let layer = 0; layer < layers; layer++) {
      const read = layer === 0 ? embedding : extended;
      for (let head = 0; head < heads; head++) {
        const at = layer * heads + head;
        expect(tokens[at]).toBeCloseTo(await shareOf(times(times(read, ov[layer]![head]!), unembedding)), 5);
        expect(match[at]).toBeCloseTo(await shareOf(times(times(read, qk[layer]![head]!), turned(read))), 5);
      }
    }
  });

  it('finds the norms of products of circuits without making them', async () => {
    const { layers, heads } = circuits.architecture;
    const { ov, qk } = await referenceCircuits(circuits);
    const width = layers * heads;
    const random = await randomCompositions(circuits, job);
    const middle = { layer: 1, head: heads - 1 };
    for (const kind of ['q', 'k', 'v'] as const) {
      const alone = await headComposition(circuits, middle, kind, job);
      const table = await composition(circuits, kind, job);
      const scores = await score(circuits, `${kind}-composition`);
      for (let reader = 0; reader < width; reader++) {
        const later = Math.floor(reader / heads);
        const looks = qk[later]![reader % heads]!;
        const reads = kind === 'q' ? looks : kind === 'k' ? turned(looks) : ov[later]![reader % heads]!;
        let largest = NaN;
        for (let writer = 0; writer < width; writer++) {
          const earlier = Math.floor(writer / heads);
          const actual = table[writer * width + reader]!;
          if (earlier >= later) {
            expect(actual).toBeNaN();
            continue;
          }
          const writes = ov[earlier]![writer % heads]!;
          const expected = norm(times(writes, reads)) / (norm(writes) * norm(reads));
          expect(actual).toBeCloseTo(expected, 6);
          largest = Number.isNaN(largest) ? expected : Math.max(largest, expected);
        }
        if (later === 0) expect(scores[reader]).toBeNaN();
        else expect(scores[reader]).toBeCloseTo(largest / expectedLargest(random, later * heads), 4);
      }
      const ofTable = await headComposition(circuits, middle, kind, job);
      expect(maxAbsErrorOrNan(alone, ofTable)).toBeLessThan(1e-6);
      expect(ofTable.filter((value) => !Number.isNaN(value))).toHaveLength((layers - 1) * heads);
    }
  });
});

describe('the oracle', () => {
  let circuits: Circuits;
  beforeAll(async () => {
    const folder = join(root, 'oracle');
    await writeOracle(folder);
    circuits = await open(folder, [attnOnly]);
  });
  afterAll(() => circuits.dispose());

  it('composes nowhere but from the head before to the key of the induction head', async () => {
    const expected = { q: [0, 0, 0, 0], k: [0.2462, 0, 0, 0], v: [0, 0, 0, 0] };
    for (const kind of ['q', 'k', 'v'] as const) {
      const table = await composition(circuits, kind, job);
      // L0H0 and L0H1 by L1H0 and L1H1.
      const pairs = [table[2]!, table[3]!, table[6]!, table[7]!];
      for (const [at, value] of pairs.entries()) expect(value).toBeCloseTo(expected[kind][at]!, 4);
    }
  });

  it('copies tokens in the induction head, into another part of the residual', async () => {
    expect([...(await score(circuits, 'ov-copying-tokens'))]).toEqual([NaN, NaN, 1, NaN]);
    expect([...(await score(circuits, 'ov-copying'))]).toEqual([0, NaN, 0, NaN]);
  });

  it('matches tokens in the duplicate head alone', async () => {
    const [previous, sink, induction, duplicate] = await score(circuits, 'qk-match');
    expect(duplicate).toBeCloseTo(1, 12);
    // What these look for has no part in the tokens themselves.
    for (const value of [previous, sink, induction]) expect(value).toBeNaN();
  });
});

describe('hand-checked', () => {
  it.each([
    { data: [2, 1, 0, -1], expected: 1 / 3 },
    { data: [1, 0, 0, 1], expected: 1 },
    { data: [-1, 0, 0, -1], expected: -1 },
    { data: [0, -1, 1, 0], expected: 0 },
  ])('the eigenvalues of $data share $expected', async ({ data, expected }) => {
    expect(await eigenShare(data, 2, 1e-12, breathe)).toBeCloseTo(expected, 12);
  });

  it('nothing has no share of copying', async () => {
    expect(await eigenShare([0, 0, 0, 0], 2, 1e-12, breathe)).toBeNaN();
  });

  it('eigenvalues of a large product are those of its small core', async () => {
    const folder = join(root, 'trace');
    await writeTinyModel(folder, { family: 'llama', seed: 3 });
    const circuits = await open(folder);
    const { ov, embedding, unembedding } = await referenceCircuits(circuits);
    const whole = times(times(embedding, ov[0]![0]!), unembedding);
    const core = times(unembedding, times(embedding, ov[0]![0]!));
    const trace = ({ data, rows }: Matrix) =>
      data.reduce((sum, value, at) => sum + (at % (rows + 1) === 0 ? value : 0), 0);
    expect(trace(whole)).toBeCloseTo(trace(core), 10);
    await circuits.dispose();
  });

  it('composition of matrices of two dimensions', async () => {
    const products = new MatrixProducts(1);
    const two = (...data: number[]) => ({ data: Float32Array.from(data), rows: 2, columns: 2 });
    const identity = two(1, 0, 0, 1);
    // OV = diag(1, 0); QK = [[0, 1], [0, 0]] as query times key^T; another OV = diag(0, 2).
    const writer = await writers(products, two(1, 0, 0, 0), identity, pauses);
    const query = await readers(products, two(1, 0, 0, 0), two(0, 0, 1, 0), pauses);
    const key = await readers(products, two(0, 0, 1, 0), two(1, 0, 0, 0), pauses);
    const value = await readers(products, two(0, 0, 0, 2), identity, pauses);
    const nothing = await readers(products, two(0, 0, 0, 0), identity, pauses);
    const ratio = async (read: typeof query) => (await compositionOf(products, writer, read, breathe))[0];
    expect(await ratio(query)).toBeCloseTo(1, 6);
    expect(await ratio(key)).toBe(0);
    expect(await ratio(value)).toBe(0);
    expect(await ratio(nothing)).toBe(0);
    await products.dispose();
  });

  it('random weights compose by about one over the root of the width', async () => {
    const products = new MatrixProducts(2);
    const floor = async (dModel: number, headDim: number) =>
      expectedLargest(await randomRatios(products, dModel, headDim, job), 1);
    expect(await floor(64, 8)).toBeCloseTo(0.1265, 2);
    expect(await floor(768, 64)).toBeCloseTo(0.0363, 3);
    await products.dispose();
  });
});

it('a token after the first MLP is what a token alone leaves the first layer as, without its heads', async () => {
  const folder = join(root, 'first-mlp');
  // No position is added in this family, and no output bias.
  await writeTinyModel(folder, { family: 'qwen2', kvHeads: 2, seed: 12 });
  const circuits = await open(folder);
  const forward = await openForward(folder);
  const { dModel, heads } = circuits.architecture;
  const embedding = await circuits.weights.embedding(0, 20);
  const extended = await circuits.afterFirstMlp(embedding, breathe);
  for (const id of [0, 7, 19]) {
    const { resid } = await runForward(forward, { ids: Int32Array.of(id), gain: () => new Float32Array(heads) }, job);
    expect(maxAbsError(extended.subarray(id * dModel, (id + 1) * dModel), resid[1]!)).toBeLessThan(1e-6);
  }
  await forward.dispose();
  await circuits.dispose();
});

it.each([
  { headDim: 8, dModel: 64, heads: 8, kvHeads: 8 },
  { headDim: 16, dModel: 64, heads: 4, kvHeads: 2 },
])('random weights compose as the floor says in every layer: $headDim of $dModel, $heads heads', async (shape) => {
  const folder = join(root, `random-floor-${shape.headDim}`);
  await writeTinyModel(folder, { family: 'llama', layers: 6, seed: 4, ...shape });
  const circuits = await open(folder);
  const { layers, heads } = circuits.architecture;
  const kinds = await Promise.all(['q', 'k', 'v'].map((kind) => score(circuits, `${kind}-composition`)));
  for (let layer = 1; layer < layers; layer++) {
    const all = kinds.flatMap((values) => [...values.subarray(layer * heads, (layer + 1) * heads)]);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    expect(Math.abs(mean - 1), `layer ${layer}: ${mean}`).toBeLessThan(0.06);
  }
  await circuits.dispose();
});

it('groups that share keys and values score as heads with copies of them', async () => {
  const [shared, expanded] = [join(root, 'shared'), join(root, 'expanded')];
  await writeTinyModel(shared, { family: 'llama', heads: 6, kvHeads: 2, headDim: 8, dModel: 32, layers: 3, seed: 21 });
  await expandGroups(shared, expanded);
  const [grouped, copied] = [await open(shared), await open(expanded)];
  for (const { info } of weightScores) {
    expect(maxAbsErrorOrNan(await score(grouped, info.id), await score(copied, info.id)), info.id).toBeLessThan(1e-5);
  }
  await grouped.dispose();
  await copied.dispose();
});

it('what a head does inside does not show: its scores are those of its circuits', async () => {
  const products = new MatrixProducts(1);
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 6 }),
    more: fc.integer({ min: 0, max: 8 }),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ width, more, seed }) => {
      const size = width + more;
      const rng = createRng(seed);
      const random = (rows: number, columns: number) =>
        matrix(
          rows,
          columns,
          Array.from({ length: rows * columns }, () => rng.normal()),
        );
      const stack = ({ rows, columns, data }: Matrix) => ({ data: Float32Array.from(data), rows, columns });
      const [v, o, q, k] = [random(size, width), random(width, size), random(size, width), random(size, width)];
      // V A and A^-1 O move the same, with A = I + N, N strictly triangular: its inverse is a finite sum.
      const a = matrix(
        width,
        width,
        random(width, width).data.map((value, at) => unitTriangle(value, at, width)),
      );
      const inverse = inverseOf(a);
      const compose = async (value: Matrix, output: Matrix) => {
        const written = await writers(products, stack(value), stack(output), pauses);
        const read = await readers(products, stack(q), stack(k), pauses);
        return (await compositionOf(products, written, read, breathe))[0]!;
      };
      const plain = await compose(v, o);
      expect(await compose(times(v, a), times(inverse, o))).toBeCloseTo(plain, 4);
      expect(plain).toBeGreaterThan(0);
      expect(plain).toBeLessThanOrEqual(1 + 1e-6);
      const scaled = matrix(
        size,
        width,
        v.data.map((value) => -3 * value),
      );
      expect(await compose(scaled, o)).toBeCloseTo(plain, 5);
    }),
    { numRuns: 40 },
  );
  await products.dispose();
});

describe('a product of stacks', () => {
  it('pairs shared matrices with those that share them, whichever way they are stored', async () => {
    const products = new MatrixProducts(1);
    const a = { data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), rows: 2, columns: 3 };
    const b = { data: Float32Array.from({ length: 24 }, (_, i) => Math.cos(i)), rows: 3, columns: 4 };
    const part = ({ data, rows, columns }: typeof a, at: number) =>
      matrix(rows, columns, data.subarray(at * rows * columns, (at + 1) * rows * columns));
    const actual = await products.double(a, b, breathe);
    const expected = [0, 1, 2, 3].flatMap((at) => [...times(part(a, at), part(b, Math.floor(at / 2))).data]);
    expect(actual).toHaveLength(expected.length);
    for (const [at, value] of expected.entries()) expect(actual[at]).toBeCloseTo(value, 12);
    const other = await products.single({ ...b, flipped: true }, { ...a, flipped: true }, breathe);
    const turnedAround = [0, 1, 2, 3].flatMap((at) => [
      ...times(turned(part(b, Math.floor(at / 2))), turned(part(a, at))).data,
    ]);
    for (const [at, value] of turnedAround.entries()) expect(other[at]).toBeCloseTo(value, 5);
    await products.dispose();
  });
});

it('tells progress, and stops when it is cancelled without keeping a half-made table', async () => {
  const folder = join(root, 'cancelled');
  await writeTinyModel(folder, { family: 'qwen2', layers: 4, seed: 9 });
  const circuits = await open(folder);
  const controller = new AbortController();
  const seen: Progress[] = [];
  const stopping: Job = {
    signal: controller.signal,
    progress(progress) {
      seen.push(progress);
      if (progress.phase === 'K composition, layer 3 of 4') controller.abort();
    },
  };
  await expect(composition(circuits, 'k', stopping)).rejects.toBeInstanceOf(CancelledError);
  expect(seen.map(({ phase }) => phase)).toContain('K composition, layer 2 of 4');
  const { layers, heads } = circuits.architecture;
  const defined = (await composition(circuits, 'k', job)).filter((value) => !Number.isNaN(value));
  expect(defined).toHaveLength((heads * heads * layers * (layers - 1)) / 2);
  await circuits.dispose();
});
