import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddonKernel } from '../attention/addon-kernel.ts';
import { PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import type { MaskSpec } from '../attention/mask.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { maxAbsError } from '../testing/compare.ts';
import { randomCapture, type RandomCaptureOptions } from '../testing/random-capture.ts';
import { referenceAttention } from '../testing/reference-attention.ts';
import { createRng, normalArray } from '../testing/rng.ts';
import { kernelPasses } from './kernel-passes.ts';
import type { LayerPass, PassRequest } from './layer-pass.ts';
import { OutputNorms } from './output-norms.ts';

const D_MODEL = 20;
const breathe = () => Promise.resolve();

interface Made {
  readonly architecture: Architecture;
  readonly capture: Capture;
  /** [heads, headDim, dModel]. */
  readonly w: Float32Array;
}

async function make(options: RandomCaptureOptions): Promise<Made> {
  const { architecture, capture } = await randomCapture(options);
  const { heads, headDim } = architecture;
  const w = normalArray(createRng(options.seed ?? 1), heads * headDim * D_MODEL, 1);
  return { architecture: { ...architecture, dModel: D_MODEL }, capture, w };
}

async function passesOf(
  { architecture, capture, w }: Made,
  kernel: AttentionKernel,
  requests: readonly PassRequest[],
): Promise<readonly LayerPass[]> {
  const norms = new OutputNorms(architecture, () => Promise.resolve(w), 1);
  const passes = kernelPasses({ architecture, capture, kernel, norms, gain: () => null });
  const plan = passes.plan(requests);
  await plan.prepare(0, breathe);
  const found = await plan.run(0, breathe);
  await norms.dispose();
  await kernel.dispose();
  return found;
}

/** Everything in float64, from the definitions. */
function reference({ architecture, capture }: Made, mask: MaskSpec | null) {
  const { heads, kvHeads, headDim } = architecture;
  const { q, k, v } = capture.layers[0]!;
  const { tokens } = capture;
  const input = {
    ...PLAIN,
    q,
    k,
    v,
    tokens,
    scale: architecture.scale[0]!,
    window: architecture.slidingWindow[0] ?? null,
  };
  const of = (masks: readonly MaskSpec[] | null) =>
    referenceAttention({ heads, kvHeads, headDim }, { ...input, masks });
  return { whole: of(null), masked: of(mask && Array.from({ length: heads }, () => mask)) };
}

/** |x W_O| of each head and row; x [rows, inputs x headDim], each input shared by some query heads. */
function writtenNorms({ architecture, w }: Made, x: ArrayLike<number>, inputs = architecture.heads): Float64Array {
  const { heads, headDim } = architecture;
  const rows = x.length / (inputs * headDim);
  return Float64Array.from({ length: heads * rows }, (_, at) => {
    const [head, row] = [Math.floor(at / rows), at % rows];
    const input = Math.floor((head * inputs) / heads);
    let squares = 0;
    for (let out = 0; out < D_MODEL; out++) {
      let sum = 0;
      for (let d = 0; d < headDim; d++) {
        sum += x[(row * inputs + input) * headDim + d]! * w[(head * headDim + d) * D_MODEL + out]!;
      }
      squares += sum * sum;
    }
    return Math.sqrt(squares);
  });
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, limit: number): void {
  expect(actual.length).toBe(expected.length);
  expect(maxAbsError(Float64Array.from(actual), Float64Array.from(expected))).toBeLessThan(limit);
}

const shapes = fc.record({
  tokens: fc.integer({ min: 1, max: 90 }),
  kvHeads: fc.constantFrom(1, 2),
  perGroup: fc.constantFrom(1, 3),
  window: fc.constantFrom(null, 1, 12),
  sink: fc.integer({ min: 0, max: 5 }),
  recent: fc.integer({ min: 1, max: 20 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

type Shape = typeof shapes extends fc.Arbitrary<infer S> ? S : never;

const made = ({ tokens, kvHeads, perGroup, window, seed }: Shape) =>
  make({ tokens, heads: kvHeads * perGroup, kvHeads, window, seed });

async function checkStreaming(shape: Shape, create: (of: Made) => Promise<AttentionKernel>): Promise<void> {
  const of = await made(shape);
  const { sink, recent: window } = shape;
  const { whole, masked } = reference(of, { kind: 'sink-window', sink, window });
  const difference = whole.z.map((value, at) => value - masked.z[at]!);
  const [written, head, mass, norms] = await passesOf(of, await create(of), [
    { streaming: { sink, window, space: 'written' } },
    { streaming: { sink, window, space: 'head' } },
    { streaming: { sink, window, space: null } },
    { outputNorms: true },
  ]);
  const size = Math.max(...writtenNorms(of, whole.z), 1);
  close(written!.streaming!.norms, writtenNorms(of, whole.z), 2e-5 * size);
  close(norms!.outputNorms!, writtenNorms(of, whole.z), 2e-5 * size);
  // A square root: what is next to nothing is known to half the digits.
  close(written!.streaming!.deviation, writtenNorms(of, difference), 1e-4 * size);
  const { heads, headDim } = of.architecture;
  const plain = Float64Array.from({ length: heads * shape.tokens }, (_, at) => {
    const start = ((at % shape.tokens) * heads + Math.floor(at / shape.tokens)) * headDim;
    return Math.hypot(...difference.subarray(start, start + headDim));
  });
  close(head!.streaming!.deviation, plain, 1e-5);
  const kept = Float64Array.from({ length: heads * shape.tokens }, (_, at) => {
    const row = at % shape.tokens;
    let sum = 0;
    for (let key = 0; key <= row; key++) if (key < sink || row - key < window) sum += whole.p[at * shape.tokens + key]!;
    return sum;
  });
  for (const { streaming } of [written!, head!, mass!]) close(streaming!.keptMass, kept, 1e-5);
}

describe('passes on the graph kernel', () => {
  it('tell what a streaming mask keeps and changes, as float64 does', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, (shape) =>
        checkStreaming(shape, ({ architecture }) => createOnnxKernel(architecture, 1)),
      ),
      { numRuns: 8, seed: 2 },
    );
  });

  it('say that they gather nothing else', async () => {
    const of = await make({ tokens: 3 });
    const kernel = await createOnnxKernel(of.architecture, 1);
    const norms = new OutputNorms(of.architecture, () => Promise.resolve(of.w), 1);
    expect(kernelPasses({ ...of, kernel, norms, gain: () => null }).gathersExtras).toBe(false);
    await norms.dispose();
    await kernel.dispose();
  });
});

const loaded = loadAddon(`${import.meta.dirname}/../../out/addon/attention.node`);

if (loaded.addon === null) {
  it.skip(`passes on the C++ kernel: ${loaded.reason}`, () => undefined);
} else {
  const { addon } = loaded;
  const create = ({ architecture }: Made) => Promise.resolve(createAddonKernel(addon, architecture, 2));

  describe('passes on the C++ kernel', () => {
    it('tell what a streaming mask keeps and changes, as float64 does', async () => {
      await fc.assert(
        fc.asyncProperty(shapes, (shape) => checkStreaming(shape, create)),
        { numRuns: 30, seed: 5 },
      );
    });

    it('weight attention by the norm of what each value writes, and answer requests that differ apart', async () => {
      await fc.assert(
        fc.asyncProperty(shapes, async (shape) => {
          const of = await made(shape);
          const { tokens } = shape;
          const { whole } = reference(of, null);
          const { heads, kvHeads } = of.architecture;
          const classes = Int32Array.from({ length: tokens }, (_, key) => key % 3);
          const match = { rows: classes, keys: classes, self: true };
          const [valued, first, second, third, fourth] = await passesOf(of, await create(of), [
            { valueWeighted: 'written' },
            { sinkFree: Int32Array.of(0), spread: { topP: null }, matches: { third: match } },
            { sinkFree: Int32Array.of(0, 1).subarray(0, tokens) },
            { spread: { topP: 0.5 }, sumSquares: true },
            { spread: { topP: 0.9 } },
          ]);
          const valueNorms = writtenNorms(of, of.capture.layers[0]!.v, kvHeads);
          close(valued!.valueNorms!, valueNorms, 2e-5 * Math.max(...valueNorms));
          const perRow = (value: (p: (key: number) => number, row: number, head: number) => number) =>
            Float64Array.from({ length: heads * tokens }, (_, at) =>
              value((key) => whole.p[at * tokens + key]!, at % tokens, Math.floor(at / tokens)),
            );
          const sum = (end: number, value: (key: number) => number) =>
            Array.from({ length: end }, (_, key) => value(key)).reduce((total, term) => total + term, 0);
          close(
            valued!.valueWeighted!,
            perRow((p, row, head) => sum(row + 1, (key) => p(key) * valueNorms[head * tokens + key]!)),
            1e-4 * Math.max(...valueNorms),
          );
          close(
            first!.sinkFree!.mass,
            perRow((p, row) => sum(row + 1, (key) => (key > 0 ? p(key) : 0))),
            1e-5,
          );
          close(
            second!.sinkFree!.mass,
            perRow((p, row) => sum(row + 1, (key) => (key > 1 ? p(key) : 0))),
            1e-5,
          );
          close(
            first!.matches!['third']!,
            perRow((p, row) => sum(row + 1, (key) => (key % 3 === row % 3 ? p(key) : 0))),
            1e-5,
          );
          close(
            third!.sumSquares!,
            perRow((p, row) => sum(row + 1, (key) => p(key) ** 2)),
            1e-5,
          );
          third!.spread!.topWidth.forEach((width, at) =>
            expect(width).toBeLessThanOrEqual(fourth!.spread!.topWidth[at]!),
          );
          close(fourth!.spread!.gini, first!.spread!.gini, 1e-4);
        }),
        { numRuns: 20, seed: 8 },
      );
    });

    it('take the gain that the run was made with', async () => {
      const of = await make({ tokens: 30, heads: 2, kvHeads: 1 });
      const kernel = await create(of);
      const norms = new OutputNorms(of.architecture, () => Promise.resolve(of.w), 1);
      const z = of.capture.layers[0]!.z.map((value, at) => (at % 16 < 8 ? 0 : value * 3));
      const capture = { ...of.capture, layers: [{ ...of.capture.layers[0]!, z }] };
      const gain = () => new Float32Array([0, 3]);
      const request = { streaming: { sink: 1, window: 4, space: 'written' } } as const;
      const run = async (change: object) => {
        const plan = kernelPasses({ ...of, kernel, norms, gain: () => null, ...change }).plan([request]);
        await plan.prepare(0, breathe);
        const [pass] = await plan.run(0, breathe);
        return { norms: pass!.streaming!.norms.slice(), deviation: pass!.streaming!.deviation.slice() };
      };
      const plain = await run({});
      const scaled = await run({ capture, gain });
      close(scaled.norms.subarray(0, 30), new Float32Array(30), 1e-9);
      close(scaled.deviation.subarray(0, 30), new Float32Array(30), 1e-9);
      close(
        scaled.norms.subarray(30),
        plain.norms.subarray(30).map((norm) => 3 * norm),
        1e-3,
      );
      close(
        scaled.deviation.subarray(30),
        plain.deviation.subarray(30).map((norm) => 3 * norm),
        1e-2,
      );
      await norms.dispose();
      await kernel.dispose();
    });

    it('stop where the checkpoint throws', async () => {
      const of = await make({ tokens: 50 });
      const kernel = await create(of);
      const norms = new OutputNorms(of.architecture, () => Promise.resolve(of.w), 1);
      const plan = kernelPasses({ ...of, kernel, norms, gain: () => null }).plan([{ sumSquares: true }]);
      await expect(plan.run(0, () => Promise.reject(new Error('stop')))).rejects.toThrow('stop');
      await norms.dispose();
    });
  });
}
