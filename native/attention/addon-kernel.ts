/** The attention kernel in C++, on threads of its own: this thread stays free while it runs. */
import type { AttentionKernel, AttentionShape } from './kernel.ts';
import type { AttentionAddon } from './load-addon.ts';
import { NO_MASK } from './mask.ts';

/** How often progress is told and a cancel is looked for. */
const LOOK_EVERY_MS = 20;

/** `implementation`: one of `addon.implementations()`; the best by default. */
export function createAddonKernel(
  addon: AttentionAddon,
  shape: AttentionShape,
  threads: number,
  implementation: string = addon.implementations()[0]!,
): AttentionKernel {
  return {
    id: implementation,
    run: async (input, output, checkpoint) => {
      const masks = input.masks?.map((mask) => mask ?? NO_MASK) ?? null;
      const cancel = new Int32Array(1);
      const cells = new BigInt64Array(1);
      let settled = false;
      const ended = () => settled;
      const running = addon
        .attend({
          ...shape,
          implementation,
          threads,
          tokens: input.tokens,
          queryStart: input.queryStart,
          scale: input.scale,
          window: input.window ?? input.tokens,
          q: input.q,
          k: input.k,
          v: input.v,
          gain: input.gain ?? new Float32Array(shape.heads).fill(1),
          sinks: masks && Int32Array.from(masks, ({ sink }) => sink),
          windows: masks && Int32Array.from(masks, ({ window }) => window),
          ...output,
          cancel,
          cells,
        })
        .finally(() => (settled = true));
      let told = 0;
      const tell = async () => {
        const done = Number(Atomics.load(cells, 0));
        await checkpoint(done - told);
        told = done;
      };
      try {
        while (!ended()) {
          await Promise.race([running, wait(LOOK_EVERY_MS)]);
          if (!ended()) await tell();
        }
        await tell();
      } catch (error) {
        // The threads still write into the caller's arrays: they must have stopped before anything else happens.
        Atomics.store(cancel, 0, 1);
        await running;
        throw error;
      }
      await running;
    },
    dispose: () => Promise.resolve(),
  };
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
