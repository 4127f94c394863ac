/** What holds of every edit of a pattern, on random problems, through the kernel that users get. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernel } from '../attention/choose-kernel.ts';
import type { AttentionInput, AttentionOutput, AttentionShape } from '../attention/kernel.ts';
import { NO_MASK, visibleUnder, type MaskSpec } from '../attention/mask.ts';
import { anyMask, cutMask } from '../testing/any-mask.ts';
import { randomInput, runKernel } from '../testing/kernel-conformance.ts';
import { ADDON } from '../testing/open-forward.ts';

const anyShape = fc.record({
  kvHeads: fc.integer({ min: 1, max: 2 }),
  perGroup: fc.constantFrom(1, 2, 4),
  headDim: fc.constantFrom(4, 16),
});
const anySize = fc.record({
  tokens: fc.integer({ min: 1, max: 90 }),
  window: fc.constantFrom(null, null, 1, 7),
  spread: fc.constantFrom(0.3, 2),
  seed: fc.integer({ min: 1, max: 1e6 }),
});
const shapeOf = ({ kvHeads, perGroup, headDim }: { kvHeads: number; perGroup: number; headDim: number }) => ({
  heads: kvHeads * perGroup,
  kvHeads,
  headDim,
});

const run = (shape: AttentionShape, input: AttentionInput): Promise<AttentionOutput> =>
  runKernel((given, threads) => createKernel(ADDON, given, threads), shape, input);

/** The mask that shows just what another one hides. */
function complement(mask: MaskSpec, tokens: number): MaskSpec {
  const hidden = Array.from({ length: tokens }, (_, row) => {
    const visible = visibleUnder(mask, tokens, row, row);
    return Array.from(visible.keys()).filter((key) => visible[key] === 0);
  });
  const offsets = new Int32Array(tokens + 1);
  hidden.forEach((keys, row) => (offsets[row + 1] = offsets[row]! + keys.length));
  return { kind: 'row-keys', offsets, keys: Int32Array.from(hidden.flat()) };
}

describe('edited patterns', () => {
  it('have rows that sum to 1, but for those that see nothing', async () => {
    const problem = fc.record({ shape: anyShape, size: anySize, mask: anyMask, uniform: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(problem, async ({ shape: drawn, size, mask: drawnMask, uniform }) => {
        const shape = shapeOf(drawn);
        const { tokens } = size;
        const plain = randomInput(size.seed, shape, tokens, size.spread, size.window);
        const masks = Array.from({ length: shape.heads }, () => cutMask(drawnMask, tokens, tokens));
        const q = uniform ? new Float32Array(plain.q.length) : plain.q;
        const { statistics } = await run(shape, { ...plain, q, masks });
        for (let head = 0; head < shape.heads; head++) {
          const columns = statistics!.columnSum.subarray(head * tokens, (head + 1) * tokens);
          const mass = columns.reduce((sum, value) => sum + value, 0);
          expect(mass).toBeCloseTo(tokens - statistics!.maskedRows[head]!, 3);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('move an output by the hidden mass times how far apart hidden and visible outputs are', async () => {
    const problem = fc.record({
      shape: anyShape,
      size: anySize,
      sink: fc.integer({ min: 0, max: 6 }),
      window: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(problem, async ({ shape: drawn, size, sink, window }) => {
        const shape = shapeOf(drawn);
        const { tokens } = size;
        const { heads, headDim } = shape;
        const plain = randomInput(size.seed, shape, tokens, size.spread, size.window);
        const mask: MaskSpec = { kind: 'sink-window', sink, window };
        const under = (each: MaskSpec) => run(shape, { ...plain, masks: Array.from({ length: heads }, () => each) });
        const [full, kept, hidden] = [await under(NO_MASK), await under(mask), await under(complement(mask, tokens))];
        for (let head = 0; head < heads; head++) {
          for (let row = 0; row < tokens; row++) {
            const at = (row * heads + head) * headDim;
            // The LSEs of two sets of keys tell their shares of the mass.
            const mass = Math.exp(hidden.lse[head * tokens + row]! - full.lse[head * tokens + row]!);
            for (let d = at; d < at + headDim; d++) {
              const moved = full.z[d]! - kept.z[d]!;
              expect(Math.abs(moved - mass * (hidden.z[d]! - kept.z[d]!))).toBeLessThan(1e-4);
            }
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('of one head leave the others as they are, bit for bit', async () => {
    const problem = fc.record({ shape: anyShape, size: anySize, mask: anyMask, head: fc.nat() });
    await fc.assert(
      fc.asyncProperty(problem, async ({ shape: drawn, size, mask, head: drawnHead }) => {
        const shape = shapeOf(drawn);
        const { tokens } = size;
        const { heads, headDim } = shape;
        const head = drawnHead % heads;
        const plain = randomInput(size.seed, shape, tokens, size.spread, size.window);
        const masks = Array.from({ length: heads }, (_, at) => (at === head ? cutMask(mask, tokens, tokens) : null));
        const [full, edited] = [await run(shape, plain), await run(shape, { ...plain, masks })];
        const ofOthers = (_: number, at: number) => Math.floor(at / headDim) % heads !== head;
        expect(edited.z.filter(ofOthers)).toEqual(full.z.filter(ofOthers));
      }),
      { numRuns: 40 },
    );
  });
});
