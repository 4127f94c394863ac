/** A capture with random Q and K and the exact LSE that follows from them: input of tests that read inside maps. */
import { allocateAttentionOutput } from '../attention/kernel.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';

export interface RandomCaptureOptions {
  readonly tokens: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly window?: number | null;
  readonly seed?: number;
}

/** Only what attention reads of an architecture; its blocks throw. */
export function attentionOnlyArchitecture(options: RandomCaptureOptions): Architecture {
  const { heads = 2, kvHeads = 1, headDim = 8, window = null } = options;
  const refuse = () => {
    throw new Error('This architecture has no blocks.');
  };
  return {
    layers: 1,
    heads,
    kvHeads,
    headDim,
    dModel: heads * headDim,
    vocabSize: 100,
    context: 100_000,
    scale: [1 / Math.sqrt(headDim)],
    slidingWindow: [window],
    rope: null,
    blocks: {
      embed: refuse,
      attentionInputs: refuse,
      attentionOutput: refuse,
      mlp: refuse,
      finalNorm: refuse,
      unembed: refuse,
      layout: refuse,
    },
  };
}

export async function randomCapture(
  options: RandomCaptureOptions,
): Promise<{ architecture: Architecture; capture: Capture }> {
  const architecture = attentionOnlyArchitecture(options);
  const { heads, kvHeads, headDim } = architecture;
  const { tokens } = options;
  let state = (options.seed ?? 1) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 4;
  };
  const q = Float32Array.from({ length: tokens * heads * headDim }, random);
  const k = Float32Array.from({ length: tokens * kvHeads * headDim }, random);
  const v = Float32Array.from({ length: tokens * kvHeads * headDim }, random);
  const output = allocateAttentionOutput(architecture, tokens);
  const kernel = await createOnnxKernel(architecture, 1);
  const input = {
    q,
    k,
    v,
    tokens,
    queryStart: 0,
    scale: architecture.scale[0]!,
    window: architecture.slidingWindow[0]!,
    softcap: null,
    gain: null,
    masks: null,
    counted: null,
    extra: null,
  };
  await kernel.run(input, output, () => Promise.resolve());
  await kernel.dispose();
  const capture: Capture = {
    tokens,
    ids: Int32Array.from({ length: tokens }, (_, i) => i % 100),
    resid: [],
    layers: [{ q, k, v, z: output.z, lse: output.lse, ...output.statistics! }],
    computedFrom: 0,
  };
  return { architecture, capture };
}
