/** The kernel that this machine gets: the C++ addon, or the ONNX graph where that is not built. */
import { createAddonKernel } from './addon-kernel.ts';
import type { AttentionKernel, AttentionShape } from './kernel.ts';
import { loadAddon } from './load-addon.ts';
import { createOnnxKernel } from './onnx-kernel.ts';

/** Head dimensions over this are left to ONNX Runtime. */
const MOST_HEAD_DIM = 256;

export function createKernel(addonPath: string, shape: AttentionShape, threads: number): Promise<AttentionKernel> {
  const { addon } = loadAddon(addonPath);
  if (addon === null || shape.headDim > MOST_HEAD_DIM) return createOnnxKernel(shape, threads);
  return Promise.resolve(createAddonKernel(addon, shape, threads));
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
