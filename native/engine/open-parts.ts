/** What computes for an open model, on the device that was asked for or the one that can be trusted. */
import type { DeviceReport } from '../../shared/model/device.ts';
import { createKernel } from '../attention/choose-kernel.ts';
import type { AttentionKernel } from '../attention/kernel.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import { runForward, type ForwardModel } from '../forward/forward.ts';
import { SegmentSessions } from '../forward/segment-sessions.ts';
import type { OpenModel } from '../model/open-model.ts';
import { supportedProviders } from '../ort/session.ts';
import type { EngineOptions } from '../public/engine.ts';
import { checkParity, chooseDevice } from './choose-device.ts';

export interface OpenParts {
  readonly device: DeviceReport;
  readonly sessions: SegmentSessions;
  readonly kernel: AttentionKernel;
}

/** Tokens of the self-test: enough for every kind of node, and for rows with far and near keys. */
const TEST_TOKENS = 48;

export async function openParts(
  model: OpenModel,
  { addon: addonPath, device = 'cpu' }: Pick<EngineOptions, 'addon' | 'device'>,
  threads: number,
  signal: AbortSignal,
): Promise<OpenParts> {
  const { architecture, weights, weightsFolder, info } = model;
  const { parameters } = info;
  const { addon } = loadAddon(addonPath);
  const release = addon === null ? undefined : (buffer: ArrayBuffer) => addon.release(buffer);
  const sessionsOn = (provider?: string) =>
    new SegmentSessions({ architecture, weights, weightsFolder, parameters, threads, provider, release });
  const cpu = { sessions: sessionsOn(), kernel: await createKernel(addonPath, architecture, threads) };
  const supported = supportedProviders().map(({ name }) => name);

  const { report, made } = await chooseDevice(device, supported, async (provider) => {
    const sessions = sessionsOn(provider);
    let kernel: AttentionKernel | undefined;
    try {
      kernel = await createOnnxKernel(architecture, threads, provider);
      await selfTest({ architecture, sessions, kernel }, { architecture, ...cpu }, signal);
      return { sessions, kernel };
    } catch (error) {
      await sessions.dispose();
      await kernel?.dispose();
      throw error;
    }
  });
  if (made === undefined) return { device: report, ...cpu };
  await cpu.sessions.dispose();
  await cpu.kernel.dispose();
  return { device: report, ...made };
}

/** The model itself on a few tokens, on both. Throws where they differ. */
async function selfTest(tested: ForwardModel, trusted: ForwardModel, signal: AbortSignal): Promise<void> {
  const { architecture } = trusted;
  const count = Math.min(TEST_TOKENS, architecture.context);
  const ids = Int32Array.from({ length: count }, (_, i) => (i * 7919) % architecture.vocabSize);
  const request = { ids, gain: () => null };
  const job = { signal, progress: () => undefined };
  const expected = await runForward(trusted, request, job);
  const actual = await runForward(tested, request, job);
  checkParity('residual', actual.resid[architecture.layers]!, expected.resid[architecture.layers]!);
  for (const [layer, { lse, entropy }] of expected.layers.entries()) {
    checkParity(`LSE of layer ${layer}`, actual.layers[layer]!.lse, lse);
    checkParity(`entropy of layer ${layer}`, actual.layers[layer]!.entropy, entropy);
  }
}
