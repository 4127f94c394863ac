/** The kernel that this machine gets: the C++ addon, or the ONNX graph where that is not built. */
import { createAddonKernel } from './addon-kernel.ts';
import type { AttentionKernel, AttentionShape } from './kernel.ts';
import { loadAddon } from './load-addon.ts';
import { createOnnxKernel } from './onnx-kernel.ts';

/** Head dimensions over this are left to ONNX Runtime. */
const MOST_HEAD_DIM = 256;
/** The addon packs all keys and starts threads: for a step of a generation that is most of its time. */
const FEW_ROWS = 16;

export async function createKernel(
  addonPath: string,
  shape: AttentionShape,
  threads: number,
): Promise<AttentionKernel> {
  const onnx = await createOnnxKernel(shape, threads);
  const { addon } = loadAddon(addonPath);
  if (addon === null || shape.headDim > MOST_HEAD_DIM) return onnx;
  const native = createAddonKernel(addon, shape, threads);
  return {
    id: native.id,
    gathersExtras: native.gathersExtras,
    rows: native.rows,
    run: (input, output, checkpoint) => {
      // The graph has no way to leave out z.
      const fitsGraph = input.extra === null && output.z.length > 0;
      const isShort = input.tokens - input.queryStart < FEW_ROWS && fitsGraph;
      const chosen = isShort ? onnx : native;
      return chosen.run(input, output, checkpoint);
    },
    single: () => native.single(),
    dispose: () => onnx.dispose(),
  };
}

/**
 * A kernel for the fewest heads at once whose statistics are bit for bit those of `createKernel`: single heads with the
 * addon, whose heads know nothing of each other; all heads with the graph, whose chunks depend on their number.
 */
export async function createStatisticsKernel(
  addonPath: string,
  shape: AttentionShape,
  tokens: number,
  threads: number,
): Promise<{ readonly kernel: AttentionKernel; readonly heads: number }> {
  const { addon } = loadAddon(addonPath);
  if (addon === null || shape.headDim > MOST_HEAD_DIM || tokens < FEW_ROWS) {
    return { kernel: await createOnnxKernel(shape, threads), heads: shape.heads };
  }
  const single = { heads: 1, kvHeads: 1, headDim: shape.headDim };
  return { kernel: createAddonKernel(addon, single, threads), heads: 1 };
}

/** A kernel for one head at a time. */
export async function createHeadKernel(addonPath: string, headDim: number, threads: number): Promise<AttentionKernel> {
  const single = { heads: 1, kvHeads: 1, headDim };
  const { addon } = loadAddon(addonPath);
  if (addon === null || headDim > MOST_HEAD_DIM) return createOnnxKernel(single, threads);
  return createAddonKernel(addon, single, threads);
}

/** What `doctor` says of the addon: its instruction sets, or why there is none. */
export function describeAddon(
  addonPath: string,
):
  | { readonly found: true; readonly implementations: readonly string[] }
  | { readonly found: false; readonly reason: string } {
  const loaded = loadAddon(addonPath);
  if (loaded.addon === null) return { found: false, reason: loaded.reason };
  return { found: true, implementations: loaded.addon.implementations() };
}
