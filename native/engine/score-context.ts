/** What scores read of a capture, and the pauses between heads. */
import { CancelledError } from '../../shared/base/app-error.ts';
import type { Capture } from '../capture/capture.ts';
import type { ScoreContext } from '../scores/score.ts';
import type { Opened } from './opened.ts';

/** Computing in JavaScript lets messages through after so long. */
const LONGEST_STRETCH_MS = 25;

export function scoreContextOf(
  { model, reader }: Opened,
  capture: Capture,
  signal: AbortSignal,
): { readonly context: ScoreContext; readonly breathe: () => Promise<void> } {
  const { architecture, info } = model;
  let paused = performance.now();
  return {
    context: {
      capture,
      layers: architecture.layers,
      heads: architecture.heads,
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
