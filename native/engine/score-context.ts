/** What scores read of a capture, and the pauses between heads. */
import { CancelledError } from '../../shared/base/app-error.ts';
import type { Capture } from '../capture/capture.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { argmax } from '../generation/sampling.ts';
import type { ScoreContext } from '../scores/score.ts';
import type { Opened } from './opened.ts';

/** Computing in JavaScript lets messages through after so long. */
const LONGEST_STRETCH_MS = 25;

export async function scoreContextOf(
  { model, sessions, reader }: Opened,
  capture: Capture,
  signal: AbortSignal,
): Promise<{ readonly context: ScoreContext; readonly breathe: () => Promise<void> }> {
  const { architecture, info } = model;
  const last = capture.tokens - 1;
  const logits = await logitRows({ architecture, sessions }, capture, last, last + 1);
  let paused = performance.now();
  return {
    context: {
      capture,
      architecture,
      predicted: argmax(logits),
      bos: info.bos !== null && capture.ids[0] === info.bos.id,
      probability: (layer, head, query, key) => reader.probability(capture, layer, head, query, key),
    },
    breathe: async () => {
      if (performance.now() - paused < LONGEST_STRETCH_MS) return;
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (signal.aborted) throw new CancelledError();
      paused = performance.now();
    },
  };
}
