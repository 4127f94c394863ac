/** A model folder opened for forwards, without an engine around it. */
import { createKernel } from '../attention/choose-kernel.ts';
import type { Family } from '../families/family.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { SegmentSessions } from '../forward/segment-sessions.ts';
import { openModel } from '../model/open-model.ts';

/** The attention addon, where it was built. */
export const ADDON = `${import.meta.dirname}/../../out/addon/attention.node`;

export interface OpenedForward extends ForwardModel {
  dispose(): Promise<void>;
}

/** `addon`: path of the addon; an empty one for the ONNX kernel. `families`: those that open; the registry by default. */
export async function openForward(
  folder: string,
  { addon = ADDON, families }: { readonly addon?: string; readonly families?: readonly Family[] } = {},
): Promise<OpenedForward> {
  const { architecture, weights, weightsFolder, info } = await openModel({ folder, source: 'folder', families });
  const { parameters } = info;
  const sessions = new SegmentSessions({ architecture, weights, weightsFolder, parameters, threads: 2 });
  const kernel = await createKernel(addon, architecture, 2);
  return {
    architecture,
    sessions,
    kernel,
    async dispose() {
      await sessions.dispose();
      await kernel.dispose();
    },
  };
}
