/** What scores read of a capture. */
import { attributePrediction } from '../attribution/prediction.ts';
import type { Capture } from '../capture/capture.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { argmax } from '../generation/sampling.ts';
import { kernelPasses } from '../scores/kernel-passes.ts';
import type { ScoreContext } from '../scores/score.ts';
import type { Opened } from './opened.ts';

/** `gain`: factor on z of each head that the capture was made with, by layer. */
export async function scoreContextOf(
  { model, sessions, reader, kernel, norms, circuits }: Opened,
  capture: Capture,
  gain: (layer: number) => Float32Array | null,
): Promise<ScoreContext> {
  const { architecture, info } = model;
  const last = capture.tokens - 1;
  const logits = await logitRows({ architecture, sessions }, capture, last, last + 1);
  let attribution: Promise<Float64Array> | undefined;
  return {
    capture,
    architecture,
    predicted: argmax(logits),
    bos: info.bos !== null && capture.ids[0] === info.bos.id,
    probability: (layer, head, query, key) => reader.probability(capture, layer, head, query, key),
    stripe: (layer, head, offset, start, end) => reader.stripe(capture, layer, head, offset, start, end),
    passes: kernelPasses({ architecture, capture, kernel, norms, gain }),
    attribution: (breathe) =>
      (attribution ??= attributePrediction(circuits, { architecture, sessions }, capture, breathe)),
  };
}
