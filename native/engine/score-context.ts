/** What scores read of a capture. */
import { attributePrediction } from '../attribution/prediction.ts';
import type { Capture } from '../capture/capture.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { argmax } from '../generation/sampling.ts';
import { kernelPasses } from '../scores/kernel-passes.ts';
import type { ScoreContext } from '../scores/score.ts';
import type { Opened } from './opened.ts';

/** `gain`: factor on z of each head that the capture was made with, by layer. */
export async function scoreContextOf(opened: Opened, capture: Capture, gain: Gain): Promise<ScoreContext> {
  const { model, sessions } = opened;
  const last = capture.tokens - 1;
  const logits = await logitRows({ architecture: model.architecture, sessions }, capture, last, last + 1);
  return contextOf(opened, capture, gain, argmax(logits));
}

/** Of a run that is under way; see `Score.afterRun`. */
export function contextDuringRun(opened: Opened, capture: Capture, gain: Gain): ScoreContext {
  return contextOf(opened, capture, gain, null);
}

type Gain = (layer: number) => Float32Array | null;

function contextOf(
  { model, sessions, reader, kernel, norms, circuits }: Opened,
  capture: Capture,
  gain: Gain,
  predicted: number | null,
): ScoreContext {
  const { architecture, info } = model;
  let attribution: Promise<Float64Array> | undefined;
  return {
    capture,
    architecture,
    predicted,
    bos: info.bos !== null && capture.ids[0] === info.bos.id,
    probability: (layer, head, query, key) => reader.probability(capture, layer, head, query, key),
    stripe: (layer, head, offset, start, end) => reader.stripe(capture, layer, head, offset, start, end),
    passes: kernelPasses({ architecture, capture, kernel, norms, gain }),
    attribution: (breathe) =>
      (attribution ??= attributePrediction(circuits, { architecture, sessions }, capture, breathe)),
  };
}
