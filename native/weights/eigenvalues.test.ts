import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../testing/rng.ts';
import { eigenvalues } from './eigenvalues.ts';

const breathe = () => Promise.resolve();

/** Sorted by real part, then imaginary. */
async function sorted(matrix: readonly number[]): Promise<(readonly [number, number])[]> {
  const n = Math.sqrt(matrix.length);
  const { real, imaginary } = await eigenvalues(matrix, n, breathe);
  const pairs = Array.from(real, (value, i) => [value, imaginary[i]!] as const);
  return pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

function random(n: number, seed: number): Float64Array {
  const rng = createRng(seed);
  return Float64Array.from({ length: n * n }, () => rng.normal());
}

function multiply(a: ArrayLike<number>, b: ArrayLike<number>, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      for (let j = 0; j < n; j++) out[i * n + j]! += a[i * n + k]! * b[k * n + j]!;
    }
  }
  return out;
}

const trace = (matrix: ArrayLike<number>, n: number) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += matrix[i * n + i]!;
  return sum;
};

const frobenius = (matrix: ArrayLike<number>) => Math.hypot(...Array.from(matrix));

function expectClose(actual: readonly (readonly [number, number])[], expected: readonly (readonly [number, number])[]) {
  expect(actual).toHaveLength(expected.length);
  actual.forEach(([real, imaginary], i) => {
    expect(real).toBeCloseTo(expected[i]![0], 10);
    expect(imaginary).toBeCloseTo(expected[i]![1], 10);
  });
}

describe('eigenvalues', () => {
  it.each([
    {
      name: 'triangular',
      matrix: [2, 1, 0, -1],
      expected: [
        [-1, 0],
        [2, 0],
      ],
    },
    {
      name: 'a rotation by 90 degrees',
      matrix: [0, -1, 1, 0],
      expected: [
        [0, -1],
        [0, 1],
      ],
    },
    { name: 'one element', matrix: [3], expected: [[3, 0]] },
    {
      name: 'the identity',
      matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      expected: [
        [1, 0],
        [1, 0],
        [1, 0],
      ],
    },
    {
      name: 'nothing',
      matrix: [0, 0, 0, 0, 0, 0, 0, 0, 0],
      expected: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    },
    {
      name: 'a permutation, whose shifts stall',
      matrix: [0, 0, 1, 1, 0, 0, 0, 1, 0],
      expected: [
        [-0.5, -Math.sqrt(0.75)],
        [-0.5, Math.sqrt(0.75)],
        [1, 0],
      ],
    },
    {
      name: 'a cycle of four',
      matrix: [0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
      expected: [
        [-1, 0],
        [0, -1],
        [0, 1],
        [1, 0],
      ],
    },
  ] as const)('of $name', async ({ matrix, expected }) => {
    expectClose(await sorted(matrix), expected);
  });

  it('of a companion matrix are the roots of its polynomial', async () => {
    const coefficients = polynomial();
    const matrix = new Array<number>(25).fill(0);
    for (let i = 0; i < 5; i++) {
      matrix[i * 5 + 4] = -coefficients[i]!;
      if (i > 0) matrix[i * 5 + i - 1] = 1;
    }
    expectClose(await sorted(matrix), [
      [-2, 0],
      [0, -1],
      [0, 1],
      [1, 0],
      [3, 0],
    ]);
  });

  it('have the traces of the matrix and of its powers as sums of theirs', async () => {
    const cases = fc.record({ n: fc.integer({ min: 1, max: 40 }), seed: fc.nat() });
    await fc.assert(
      fc.asyncProperty(cases, async ({ n, seed }) => {
        const matrix = random(n, seed);
        const { real, imaginary } = await eigenvalues(matrix, n, breathe);
        let power: Float64Array = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
        const norm = Math.max(1, frobenius(matrix));
        for (let exponent = 1; exponent <= 4; exponent++) {
          power = multiply(power, matrix, n);
          let sum = 0;
          for (let i = 0; i < n; i++) {
            const angle = Math.atan2(imaginary[i]!, real[i]!);
            sum += Math.hypot(real[i]!, imaginary[i]!) ** exponent * Math.cos(exponent * angle);
          }
          expect(Math.abs(sum - trace(power, n))).toBeLessThan(1e-11 * n * norm ** exponent);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stay the same under a change of basis', async () => {
    // Blocks with known eigenvalues, among them equal ones and a pair, in a random orthogonal basis.
    const n = 8;
    const blocks = new Float64Array(n * n);
    for (const [i, value] of [-3, -1, 0.5, 0.5, 2, 7].entries()) blocks[i * n + i] = value;
    blocks.set([1, -4], 6 * n + 6);
    blocks.set([4, 1], 7 * n + 6);
    for (let seed = 1; seed <= 20; seed++) {
      const basis = orthogonal(n, seed);
      const transposed = basis.map((_, at) => basis[(at % n) * n + Math.floor(at / n)]!);
      const matrix = multiply(multiply(basis, blocks, n), transposed, n);
      const expected = [
        [-3, 0],
        [-1, 0],
        [0.5, 0],
        [0.5, 0],
        [1, -4],
        [1, 4],
        [2, 0],
        [7, 0],
      ] as const;
      expectClose(await sorted([...matrix]), expected);
    }
  });

  it('make each matrix less its eigenvalue singular', async () => {
    const n = 24;
    const matrix = random(n, 5);
    const { real, imaginary } = await eigenvalues(matrix, n, breathe);
    const determinantSize = (i: number) => Math.abs(smallestPivot(matrix, n, real[i]!, imaginary[i]!));
    for (let i = 0; i < n; i++) expect(determinantSize(i)).toBeLessThan(1e-10);
  });

  it('of large matrices let others go on, and a cancel through', async () => {
    const { real } = await eigenvalues(random(96, 3), 96, breathe);
    expect(real.every(Number.isFinite)).toBe(true);
    let left = 20;
    const failing = () => (left-- > 0 ? Promise.resolve() : Promise.reject(new Error('enough')));
    await expect(eigenvalues(random(96, 3), 96, failing)).rejects.toThrow('enough');
  });
});

/** Coefficients of (x - 1)(x + 2)(x - 3)(x^2 + 1) from the constant on. */
function polynomial(): number[] {
  let product = [1];
  for (const factor of [
    [-1, 1],
    [2, 1],
    [-3, 1],
    [1, 0, 1],
  ]) {
    const next = new Array<number>(product.length + factor.length - 1).fill(0);
    product.forEach((a, i) => factor.forEach((b, j) => (next[i + j]! += a * b)));
    product = next;
  }
  return product;
}

/** Rows of a random matrix made orthonormal. */
function orthogonal(n: number, seed: number): Float64Array {
  const matrix = random(n, seed);
  for (let row = 0; row < n; row++) {
    const current = matrix.subarray(row * n, (row + 1) * n);
    for (let before = 0; before < row; before++) {
      const other = matrix.subarray(before * n, (before + 1) * n);
      const dot = current.reduce((sum, value, d) => sum + value * other[d]!, 0);
      for (let d = 0; d < n; d++) current[d]! -= dot * other[d]!;
    }
    const length = frobenius(current);
    for (let d = 0; d < n; d++) current[d]! /= length;
  }
  return matrix;
}

/** Last pivot of M - (a + bi) I by complex elimination with pivoting of rows and columns. */
function smallestPivot(matrix: Float64Array, n: number, a: number, b: number): number {
  const re = Float64Array.from(matrix, (value, at) => (at % (n + 1) === 0 ? value - a : value));
  const im = Float64Array.from(matrix, (_, at) => (at % (n + 1) === 0 ? -b : 0));
  const swap = (x: number, y: number) => {
    [re[x], re[y]] = [re[y]!, re[x]!];
    [im[x], im[y]] = [im[y]!, im[x]!];
  };
  for (let step = 0; step < n; step++) {
    let best = step * n + step;
    for (let i = step; i < n; i++) {
      for (let j = step; j < n; j++) {
        if (Math.hypot(re[i * n + j]!, im[i * n + j]!) > Math.hypot(re[best]!, im[best]!)) best = i * n + j;
      }
    }
    const [row, column] = [Math.floor(best / n), best % n];
    for (let j = 0; j < n; j++) swap(step * n + j, row * n + j);
    for (let i = 0; i < n; i++) swap(i * n + step, i * n + column);
    const pr = re[step * n + step]!;
    const pi = im[step * n + step]!;
    const square = pr * pr + pi * pi;
    if (step === n - 1 || square === 0) return Math.sqrt(square);
    for (let i = step + 1; i < n; i++) {
      const at = i * n + step;
      const fr = (re[at]! * pr + im[at]! * pi) / square;
      const fi = (im[at]! * pr - re[at]! * pi) / square;
      for (let j = step; j < n; j++) {
        re[i * n + j]! -= fr * re[step * n + j]! - fi * im[step * n + j]!;
        im[i * n + j]! -= fr * im[step * n + j]! + fi * re[step * n + j]!;
      }
    }
  }
  return 0;
}
