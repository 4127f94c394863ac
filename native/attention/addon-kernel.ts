/** The attention kernel in C++, on threads of its own: this thread stays free while it runs. */
import type { AttentionInput, AttentionKernel, AttentionOutput, AttentionShape } from './kernel.ts';
import type { AddonMask, AttentionAddon } from './load-addon.ts';
import { NO_MASK, type MaskSpec } from './mask.ts';
import { createRowKernel } from './row-kernel.ts';
import { poolBlock } from './statistics.ts';

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
    gathersExtras: true,
    rows: createRowKernel(addon, threads, implementation),
    run: async (input, output, checkpoint) => {
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
          softcap: input.softcap ?? 0,
          window: input.window ?? input.tokens,
          q: input.q,
          k: input.k,
          v: input.v,
          gain: input.gain ?? new Float32Array(shape.heads).fill(1),
          masks: input.masks && input.masks.map((mask) => addonMask(mask ?? NO_MASK)),
          counted: input.counted,
          z: output.z.length === 0 ? null : output.z,
          lse: output.lse,
          entropy: null,
          poolBlock: poolBlock(input.tokens),
          ...output.statistics,
          ...(output.statistics?.columnSum.length === 0 && { columnSum: null, poolMax: null, poolSum: null }),
          ...addonExtras(input, output),
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
    single: () =>
      Promise.resolve(createAddonKernel(addon, { ...shape, heads: 1, kvHeads: 1 }, threads, implementation)),
    dispose: () => Promise.resolve(),
  };
}

const KINDS: Readonly<Record<MaskSpec['kind'], number>> = {
  'sink-window': 0,
  'kept-keys': 1,
  blocks: 2,
  'row-keys': 3,
};

function addonMask(mask: MaskSpec): AddonMask {
  const kind = KINDS[mask.kind];
  switch (mask.kind) {
    case 'sink-window':
      return { kind, first: mask.sink, second: mask.window };
    case 'kept-keys':
      return { kind, first: mask.from, second: 0, keys: mask.keys };
    case 'blocks':
      return { kind, first: mask.size, second: 0, blocks: mask.kept };
    case 'row-keys':
      return { kind, first: 0, second: 0, keys: mask.keys, offsets: mask.offsets };
  }
}

function addonExtras(
  { extra: request }: AttentionInput,
  { extra }: AttentionOutput,
): Readonly<Record<string, unknown>> {
  return {
    sumSquares: extra?.sumSquares ?? null,
    restMass: extra?.sinkFree?.mass ?? null,
    restEntropy: extra?.sinkFree?.entropy ?? null,
    restMeanDistance: extra?.sinkFree?.meanDistance ?? null,
    restLocalMass: extra?.sinkFree?.localMass ?? null,
    sinkKeys: request?.sinkFree ?? null,
    histogram: extra?.histogram ?? null,
    topP: request?.spread?.topP ?? 1,
    gini: extra?.spread?.gini ?? null,
    topWidth: extra?.spread?.topWidth ?? null,
    matches:
      request?.matches?.map((match, i) => ({ ...match, self: match.self ? 1 : 0, mass: extra!.matchMass![i]! })) ??
      null,
    keyWeights: request?.keyWeights ?? null,
    weightedMass: extra?.weightedMass ?? null,
    targetKeys: request?.targets?.keys ?? null,
    targetOffsets: request?.targets?.offsets ?? null,
    targetMass: extra?.targetMass ?? null,
    keptMasks: request?.keptUnder?.map(addonMask) ?? null,
    keptMass: extra?.keptMass ?? null,
  };
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
