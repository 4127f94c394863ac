import type { Capture } from '../capture/capture.ts';
import { logitRows, topChoices, type UnembedModel } from '../forward/likelihoods.ts';
import type { Circuits } from '../weights/circuits.ts';
import { attributeLogit } from './direct-logit.ts';

/**
 * What each head adds to the logit of the likeliest next token less that of the second likeliest, after the last
 * position, [layers x heads]. `breathe` is awaited meanwhile and may throw to cancel.
 */
export async function attributePrediction(
  circuits: Circuits,
  model: UnembedModel,
  capture: Capture,
  breathe: () => Promise<void>,
): Promise<Float64Array> {
  const position = capture.tokens - 1;
  const [first, second] = topChoices(await logitRows(model, capture, position, position + 1), 2);
  const request = { position, token: first!.id, against: second?.id ?? null };
  const job = { signal: new AbortController().signal, progress: () => undefined, turn: breathe };
  return (await attributeLogit(circuits, model, capture, request, job)).heads;
}
