/** The segmented forward of an open model with every session ready, as the engine has it after its first run. */
import { createAddonKernel } from '../attention/addon-kernel.ts';
import { createKernel } from '../attention/choose-kernel.ts';
import type { AttentionKernel, AttentionShape } from '../attention/kernel.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward, type ForwardModel, type ForwardRequest } from '../forward/forward.ts';
import { SegmentSessions } from '../forward/segment-sessions.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { NotRun } from './job.ts';
import type { KernelChoice } from './variant.ts';

export type CreateKernel = (shape: AttentionShape, threads: number) => Promise<AttentionKernel>;

/** The kernel, or why this machine does not have it. */
export function chooseKernel(choice: KernelChoice, addonPath: string): { readonly create: CreateKernel } | NotRun {
  if (choice === 'best') return { create: (shape, threads) => createKernel(addonPath, shape, threads) };
  if (choice === 'onnx') return { create: createOnnxKernel };
  const loaded = loadAddon(addonPath);
  if (loaded.addon === null) return { notRun: `There is no attention addon: ${loaded.reason}.` };
  const { addon } = loaded;
  if (!addon.implementations().includes(choice)) return { notRun: `This machine or its addon has no ${choice}.` };
  return { create: (shape, threads) => Promise.resolve(createAddonKernel(addon, shape, threads, choice)) };
}

export interface OpenForward extends ForwardModel {
  run(request: ForwardRequest, job: Job): Promise<Capture>;
  dispose(): Promise<void>;
}

export async function openForward(
  { architecture, weights, weightsFolder, info }: OpenModel,
  create: CreateKernel,
  { threads, addon: addonPath }: { readonly threads: number; readonly addon: string },
): Promise<OpenForward> {
  const { addon } = loadAddon(addonPath);
  const sessions = new SegmentSessions({
    architecture,
    weights,
    weightsFolder,
    parameters: info.parameters,
    threads,
    ...(addon === null ? {} : { release: (buffer: ArrayBuffer) => addon.release(buffer) }),
  });
  for (let segment = 0; segment <= architecture.layers; segment++) await sessions.segment(segment, []);
  const model: ForwardModel = { architecture, sessions, kernel: await create(architecture, threads) };
  return {
    ...model,
    run: (request, job) => runForward(model, request, job),
    dispose: async () => {
      await sessions.dispose();
      await model.kernel.dispose();
    },
  };
}
