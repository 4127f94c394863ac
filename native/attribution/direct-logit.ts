/**
 * Direct logit attribution: every component's part of a logit, or of a difference of two. The path through later heads
 * and MLPs is not in it: a head that works through another one has 0 here.
 */
import { AppError } from '../../shared/base/app-error.ts';
import type { Attribution } from '../../shared/model/attribution.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { logitRows, type UnembedModel } from '../forward/likelihoods.ts';
import type { Circuits } from '../weights/circuits.ts';
import { dot, logitDirection } from './logit-direction.ts';

export interface AttributionRequest {
  /** Row whose prediction is looked at. */
  readonly position: number;
  readonly token: number;
  /** The other token of a difference; null for one logit. */
  readonly against: number | null;
}

/** Throws `bad-request` for a position or token that is not there, `io`, `CancelledError`. */
export async function attributeLogit(
  circuits: Circuits,
  model: UnembedModel,
  capture: Capture,
  request: AttributionRequest,
  job: Job,
): Promise<Attribution> {
  const { layers, heads, headDim, dModel, vocabSize } = circuits.architecture;
  const { position, token, against } = request;
  checkRequest(request, capture.tokens, vocabSize);
  const row = (values: Float32Array, width: number) => values.subarray(position * width, (position + 1) * width);
  const breathe = breather(job);
  const checkpoint = new Checkpoint(job, layers);
  checkpoint.phase = 'Attribution';

  const { weights } = circuits;
  const of = await weights.unembedding(token, token + 1);
  const minus = against === null ? null : await weights.unembedding(against, against + 1);
  const unembedding = Float64Array.from(of, (value, d) => value - (minus?.[d] ?? 0));
  // The scale of the final norm may be that of another run.
  const scaled = (capture.scaleFrom ?? capture).resid[layers]!;
  const { vector, bias } = logitDirection(await weights.finalNorm(), row(scaled, dModel), unembedding);

  const ofHeads = new Float64Array(layers * heads);
  const attentionBias = new Float64Array(layers);
  const mlps = new Float64Array(layers);
  const embedding = dot(vector, row(capture.resid[0]!, dModel));
  let before = embedding;
  for (let layer = 0; layer < layers; layer++) {
    checkpoint.phase = `Attribution, layer ${layer + 1} of ${layers}`;
    const output = await circuits.output(layer);
    const z = row(capture.layers[layer]!.z, heads * headDim);
    let written = 0;
    for (let head = 0; head < heads; head++) {
      let sum = 0;
      for (let d = head * headDim; d < (head + 1) * headDim; d++) {
        sum += z[d]! * dot(vector, output.weight, d * dModel);
      }
      ofHeads[layer * heads + head] = sum;
      written += sum;
      await breathe();
    }
    attentionBias[layer] = output.bias === null ? 0 : dot(vector, output.bias);
    // The MLP wrote what is left of the change of the residual.
    const after = dot(vector, row(capture.resid[layer + 1]!, dModel));
    mlps[layer] = after - before - written - attentionBias[layer]!;
    before = after;
    await checkpoint.pass(1);
  }

  const logits = await logitRows(model, capture, position, position + 1);
  const parts = [embedding, bias, ...ofHeads, ...attentionBias, ...mlps];
  return {
    position,
    token,
    against,
    heads: ofHeads,
    attentionBias,
    mlps,
    embedding,
    bias,
    sum: parts.reduce((sum, part) => sum + part, 0),
    logit: logits[token]! - (against === null ? 0 : logits[against]!),
  };
}

function checkRequest({ position, token, against }: AttributionRequest, tokens: number, vocabSize: number): void {
  if (position >= tokens) {
    throw new AppError('bad-request', `There is no position ${position}.`, {
      hint: `The run has positions 0 to ${tokens - 1}.`,
    });
  }
  const unknown = [token, against ?? 0].find((id) => id >= vocabSize);
  if (unknown !== undefined) {
    throw new AppError('bad-request', `There is no token ${unknown}.`, {
      hint: `The vocabulary has tokens 0 to ${vocabSize - 1}.`,
    });
  }
}
