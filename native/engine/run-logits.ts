/** Single logits of a run, and what leaving out keys does to a difference of two. */
import { AppError } from '../../shared/base/app-error.ts';
import type { EffectTarget, KeyRemovals } from '../../shared/model/effect.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { TokenLogits } from '../../shared/model/run.ts';
import { logitDirection } from '../attribution/logit-direction.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import { logitRows, softmax, topChoices } from '../forward/likelihoods.ts';
import { keyRemovals } from '../interventions/key-removals.ts';
import { checkHead } from './gains.ts';
import type { Opened } from './opened.ts';

/** Throws `bad-request` for a position or a token that is not there. */
export async function tokenLogits(
  { model, sessions }: Opened,
  capture: Capture,
  position: number,
  tokens: readonly number[],
): Promise<TokenLogits> {
  const { architecture } = model;
  checkPosition(capture, position);
  for (const id of tokens) checkToken(id, architecture.vocabSize);
  const logits = await logitRows({ architecture, sessions }, capture, position, position + 1);
  const probabilities = softmax(logits);
  return {
    logits: Float32Array.from(tokens, (id) => logits[id]!),
    probabilities: Float64Array.from(tokens, (id) => probabilities[id]!),
  };
}

/** Throws `bad-request` for a head, query or token that is not there, and where the target is at another position. */
export async function headKeyRemovals(
  { model, sessions, circuits }: Opened,
  capture: Capture,
  head: HeadId,
  query: number,
  target: EffectTarget,
  signal: AbortSignal,
): Promise<KeyRemovals> {
  const { architecture, tokenizer } = model;
  const { dModel, vocabSize, layers } = architecture;
  checkHead(architecture, head);
  checkPosition(capture, query);
  if (target.position !== null && target.position !== query) {
    throw new AppError('bad-request', `What query ${query} sees has no direct effect at position ${target.position}.`, {
      hint: 'Ask for the logits after the query itself.',
    });
  }
  const logits = await logitRows({ architecture, sessions }, capture, query, query + 1);
  const [first, second] = topChoices(logits, 2);
  const ids = [target.token ?? first!.id, target.against ?? (second ?? first!).id] as const;
  for (const id of ids) checkToken(id, vocabSize);
  const { weights } = circuits;
  const [of, minus] = await Promise.all(ids.map((id) => weights.unembedding(id, id + 1)));
  const { resid } = capture.scaleFrom ?? capture;
  const { vector } = logitDirection(
    await weights.finalNorm(),
    resid[layers]!.subarray(query * dModel, (query + 1) * dModel),
    Float64Array.from(of!, (value, d) => value - minus![d]!),
  );
  const { weight: output } = await circuits.output(head.layer);
  const row = { ...head, query, output, direction: vector };
  const [token, against] = ids.map((id) => ({ id, display: tokenizer.describe(id).display }));
  return {
    ...(await keyRemovals(architecture, capture, row, breather({ signal }))),
    token: token!,
    against: against!,
  };
}

function checkPosition({ tokens }: Capture, position: number): void {
  if (position < tokens) return;
  throw new AppError('bad-request', `There is no position ${position}.`, {
    hint: `The run has positions 0 to ${tokens - 1}.`,
  });
}

function checkToken(id: number, vocabSize: number): void {
  if (id < vocabSize) return;
  throw new AppError('bad-request', `There is no token ${id}.`, {
    hint: `The vocabulary has tokens 0 to ${vocabSize - 1}.`,
  });
}
