import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../../shared/base/prng.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { createRowKernel } from '../attention/row-kernel.ts';
import { largest } from './choose.ts';
import { clusterKeys } from './key-clusters.ts';
import type { LayerData } from './method.ts';
import { PackedKeys } from './packed-keys.ts';
import {
  addProbabilities,
  forgetKeys,
  largestScores,
  passingOver,
  passingScores,
  rowProbabilities,
  rowScores,
  sumsOfProbabilities,
  visitProbabilities,
} from './rows.ts';

const { addon } = loadAddon(fileURLToPath(new URL('../../out/addon/attention.node', import.meta.url)));
const breathe = () => Promise.resolve();

/** Every fourth layer with scores so far apart that many weights are 0 or below the smallest normal number. */
function layers(seed: number) {
  const prng = createPrng(seed);
  const pick = (...values: number[]) => values[prng.integer(values.length)]!;
  const kvHeads = pick(1, 2, 3);
  const headDim = pick(1, 2, 7, 32, 64);
  const tokens = pick(1, 2, 15, 16, 17, 33, 150);
  const heads = kvHeads * pick(1, 2, 3);
  const spread = seed % 4 === 0 ? 40 : 1;
  const values = (length: number) => Float32Array.from({ length }, () => spread * (prng.next() + prng.next() - 1));
  const data: LayerData = {
    heads,
    kvHeads,
    headDim,
    tokens,
    q: values(tokens * heads * headDim),
    k: values(tokens * kvHeads * headDim),
    v: new Float32Array(0),
    scale: 1 / Math.sqrt(headDim),
    window: pick(0, 0, 1, 5, 40) || null,
  };
  return { data, prng };
}

const bits = (values: Float64Array) => [...new BigUint64Array(Float64Array.from(values).buffer)];

describe.skipIf(addon === null).each(addon?.implementations() ?? [])('rows by %s', (implementation) => {
  const withKernel = (data: LayerData, threads: number): LayerData => {
    const rows = createRowKernel(addon!, threads, implementation);
    expect(rows).toBeDefined();
    return { ...data, rows };
  };

  it.each(Array.from({ length: 24 }, (_, seed) => seed))(
    'are those of JavaScript bit for bit: layer %i',
    async (seed) => {
      const { data: plain, prng } = layers(seed);
      const fast = withKernel(plain, 1 + (seed % 3));
      const { heads, tokens } = plain;
      // From the middle first: the kernel packs keys as they are asked for.
      for (const query of [tokens >> 1, 0, tokens - 1]) {
        expect(passingScores(fast, query).map(bits)).toEqual(passingScores(plain, query).map(bits));
        for (const count of [0, 1, query >> 1, query, query + 1]) {
          expect(largestScores(fast, query, count)).toEqual(largestScores(plain, query, count));
        }
        const keys = Int32Array.from({ length: query + 1 }, (_, key) => key).filter(
          (key) => key === query || prng.next() < (seed % 2 === 0 ? 0.1 : 0.9),
        );
        for (let head = 0; head < heads; head++) {
          expect(bits(rowScores(fast, head, query))).toEqual(bits(rowScores(plain, head, query)));
          expect(bits(rowProbabilities(fast, head, query))).toEqual(bits(rowProbabilities(plain, head, query)));
          const own = { start: head >> 1, end: head + 1 };
          expect(bits(passingOver(fast, own, query, keys))).toEqual(bits(passingOver(plain, own, query, keys)));
          const sums = [fast, plain].map((data) => {
            const own = new Float64Array(1 + (tokens >> 1)).fill(0.1);
            addProbabilities(data, head, query, own);
            return bits(own);
          });
          expect(sums[0]).toEqual(sums[1]);
        }
      }
      const queries = { start: prng.integer(tokens), end: tokens };
      const keys = 1 + prng.integer(tokens);
      const sums = await sumsOfProbabilities(fast, queries, keys, breathe);
      expect(sums.map(bits)).toEqual((await sumsOfProbabilities(plain, queries, keys, breathe)).map(bits));
      const visited = async (data: LayerData) => {
        const all: unknown[] = [];
        await visitProbabilities(data, heads - 1, queries, breathe, (row, query) => all.push([query, bits(row)]));
        return all;
      };
      expect(await visited(fast)).toEqual(await visited(plain));
    },
  );

  it('are the same with keys that others have put in order, unless these are of other keys', () => {
    const { data: plain } = layers(7);
    const fast = withKernel(plain, 1);
    const last = plain.tokens - 1;
    const expected = bits(rowScores(plain, 0, last));
    const packed = new PackedKeys(plain);
    expect(bits(rowScores({ ...fast, packed }, 0, last))).toEqual(expected);
    expect(packed.count).toBe(plain.tokens);
    expect(bits(rowScores({ ...fast, packed }, 0, last))).toEqual(expected);
    const others = plain.k.map((value) => -value);
    const own = bits(rowScores({ ...plain, k: others }, 0, last));
    expect(own).not.toEqual(expected);
    expect(bits(rowScores({ ...fast, k: others, packed }, 0, last))).toEqual(own);
  });

  it('are those of keys that have changed, once these are forgotten', () => {
    const { data: plain } = layers(7);
    const fast = withKernel(plain, 1);
    const last = plain.tokens - 1;
    rowScores(fast, 0, last);
    plain.k.fill(0.5, last * plain.kvHeads * plain.headDim);
    forgetKeys(fast, last);
    expect(bits(rowScores(fast, 0, last))).toEqual(bits(rowScores(plain, 0, last)));
  });

  it('are the same on any number of threads', async () => {
    const tokens = 600;
    const values = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * i));
    const sizes = { heads: 4, kvHeads: 2, headDim: 32, tokens, scale: 0.2, window: null };
    const data = { ...sizes, q: values(tokens * 128), k: values(tokens * 64), v: new Float32Array(0) };
    const queries = { start: 0, end: tokens };
    const plain = await sumsOfProbabilities(data, queries, tokens, breathe);
    for (const threads of [1, 2, 5]) {
      const sums = await sumsOfProbabilities(withKernel(data, threads), queries, tokens, breathe);
      expect(sums.map(bits)).toEqual(plain.map(bits));
    }
  });

  it('cluster keys alike', async () => {
    for (let seed = 0; seed < 6; seed++) {
      const { data } = layers(seed);
      const tokens = 90;
      const k = Float32Array.from(
        { length: tokens * data.kvHeads * data.headDim },
        (_, i) => Math.sin(i * i + seed) || 1,
      );
      // Of equally near centres the first: the second half are the keys of the first.
      k.copyWithin(k.length / 2, 0, k.length / 2);
      const plain = { ...data, tokens, k };
      const wanted = { keys: tokens, clusters: 3 + 7 * seed, seed: [seed] };
      const clusters = await clusterKeys(withKernel(plain, 1 + (seed % 2)), 0, wanted, breathe);
      expect(clusters).toEqual(await clusterKeys(plain, 0, wanted, breathe));
    }
  });

  it('choose the largest of any values alike, of equal ones the first', () => {
    const { rows } = withKernel(layers(3).data, 3);
    const value = fc.oneof(fc.constantFrom(-Infinity, Infinity, 0, -0, 1), fc.double({ noNaN: true }), fc.nat(9));
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 90 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(88),
        fc.infiniteStream(value),
        (width, count, less, stream) => {
          const values = Float64Array.from({ length: width * count }, () => stream.next().value as number);
          const most = 1 + (less % (width - 1));
          const out = new Int32Array(count * most);
          rows!.largest(values, width, most, out);
          for (let row = 0; row < count; row++) {
            const expected = largest(values.subarray(row * width, (row + 1) * width), most);
            expect(out.subarray(row * most, (row + 1) * most)).toEqual(expected);
          }
        },
      ),
    );
    // So many that threads share them.
    const prng = createPrng(4);
    const values = Float64Array.from({ length: 300 * 700 }, (_, at) => (at % 3 === 0 ? 0.5 : prng.next()));
    const out = new Int32Array(300 * 450);
    rows!.largest(values, 700, 450, out);
    for (let row = 0; row < 300; row++) {
      expect(out.subarray(row * 450, (row + 1) * 450)).toEqual(
        largest(values.subarray(row * 700, (row + 1) * 700), 450),
      );
    }
  });

  it('refuse what does not fit', () => {
    const { data } = layers(3);
    const fast = withKernel(data, 1);
    expect(() => fast.rows!.largest(new Float64Array(6), 3, 3, new Int32Array(6))).toThrow('numbers does not fit');
    expect(() => fast.rows!.largest(new Float64Array(7), 3, 1, new Int32Array(2))).toThrow('values does not fit');
    expect(() => fast.rows!.largest(new Float64Array(6), 3, 1, new Int32Array(3))).toThrow('out does not fit');
    expect(() => passingOver(fast, { start: 0, end: 1 }, 0, Int32Array.of(1))).toThrow('keys does not fit');
    expect(() => rowScores(fast, data.heads, 0)).toThrow('The sizes do not fit together');
    expect(() => rowScores(fast, 0, data.tokens)).toThrow('q does not fit');
  });
});
