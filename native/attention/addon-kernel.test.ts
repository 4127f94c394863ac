import { describe, expect, it } from 'vitest';
import { kernelConformance, randomInput } from '../testing/kernel-conformance.ts';
import { createAddonKernel } from './addon-kernel.ts';
import { allocateAttentionOutput } from './kernel.ts';
import { loadAddon } from './load-addon.ts';

const loaded = loadAddon(`${import.meta.dirname}/../../out/addon/attention.node`);

if (loaded.addon === null) {
  it.skip(`C++ attention kernel: ${loaded.reason}`, () => undefined);
} else {
  const { addon } = loaded;
  for (const implementation of addon.implementations()) {
    kernelConformance(`C++ ${implementation}`, (shape, threads) =>
      Promise.resolve(createAddonKernel(addon, shape, threads, implementation)),
    );

    describe(`C++ ${implementation}`, () => {
      it('gives the same bits whatever the number of threads', async () => {
        const shape = { heads: 4, kvHeads: 2, headDim: 20 };
        const input = randomInput(8, shape, 5000, 1, null);
        const run = async (threads: number) => {
          const output = allocateAttentionOutput(shape, 5000);
          await createAddonKernel(addon, shape, threads, implementation).run(input, output, () => Promise.resolve());
          return output;
        };
        const one = await run(1);
        expect(await run(2)).toEqual(one);
        expect(await run(5)).toEqual(one);
      });
    });
  }

  it('refuses arrays that do not fit instead of reading past them', () => {
    const shape = { heads: 2, kvHeads: 1, headDim: 8 };
    const input = randomInput(1, shape, 10, 1, null);
    const kernel = createAddonKernel(addon, shape, 1);
    const output = allocateAttentionOutput(shape, 10);
    const run = (change: object) => kernel.run({ ...input, ...change }, output, () => Promise.resolve());
    return Promise.all([
      expect(run({ k: new Float32Array(79) })).rejects.toThrow('k does not fit.'),
      expect(run({ tokens: 11 })).rejects.toThrow('does not fit'),
      expect(run({ gain: new Float32Array(3) })).rejects.toThrow('gain does not fit.'),
      expect(run({ queryStart: 10 })).rejects.toThrow('sizes'),
    ]);
  });

  it('says which instruction sets it has, the portable one always', () => {
    expect(addon.implementations().at(-1)).toBe('portable');
    const shape = { heads: 1, kvHeads: 1, headDim: 2 };
    const kernel = createAddonKernel(addon, shape, 1, 'mmx');
    const run = kernel.run(randomInput(1, shape, 3, 1, null), allocateAttentionOutput(shape, 3), () =>
      Promise.resolve(),
    );
    return expect(run).rejects.toThrow('This processor has no mmx.');
  });
}
