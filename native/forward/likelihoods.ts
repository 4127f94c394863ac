/** What the final residual says of the tokens: logits, negative log-likelihoods, divergences. In row blocks. */
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { Checkpoint, type Job } from './checkpoint.ts';
import type { SegmentSessions } from './segment-sessions.ts';

export interface UnembedModel {
  readonly architecture: Architecture;
  readonly sessions: SegmentSessions;
}

/** Logits of a range of rows, [end - start, vocab]. */
export async function logitRows(
  model: UnembedModel,
  capture: Capture,
  start: number,
  end: number,
): Promise<Float32Array> {
  return (await unembedRows(model, capture, start, end)).logits;
}

/** Final norm and logits of a range of rows. The range is one call: keep it within `sessions.logitRows`. */
export async function unembedRows(
  { architecture, sessions }: UnembedModel,
  capture: Capture,
  start: number,
  end: number,
): Promise<{ readonly normalized: Float32Array; readonly logits: Float32Array }> {
  const { dModel, layers } = architecture;
  const { scaleFrom } = capture;
  const session = await sessions.unembedding(scaleFrom !== undefined);
  const rowsOf = ({ resid }: Pick<Capture, 'resid'>) => ({
    data: resid[layers]!.subarray(start * dModel, end * dModel),
    dims: [end - start, dModel],
  });
  const out = await session.run({ resid: rowsOf(capture), ...(scaleFrom && { scaleFrom: rowsOf(scaleFrom) }) });
  return { normalized: out['normalized'] as Float32Array, logits: out['logits'] as Float32Array };
}

/** -log p(token i | tokens before) in nats, length tokens; NaN at 0, which nothing predicts. */
export async function tokenNll(model: UnembedModel, capture: Capture, job: Job): Promise<Float32Array> {
  const { architecture, sessions } = model;
  const { tokens, ids } = capture;
  const nll = new Float32Array(tokens).fill(NaN);
  const session = await sessions.nll();
  const checkpoint = new Checkpoint(job, tokens);
  checkpoint.phase = 'Token likelihoods';
  for (let row = 0; row < tokens - 1; row += sessions.logitRows) {
    const end = Math.min(tokens - 1, row + sessions.logitRows);
    const logits = await logitRows(model, capture, row, end);
    await checkpoint.pass(0);
    const targets = BigInt64Array.from(ids.subarray(row + 1, end + 1), BigInt);
    const out = await session.run({
      logits: { data: logits, dims: [end - row, architecture.vocabSize] },
      targets: { data: targets, dims: [end - row] },
    });
    nll.set(out['nll'] as Float32Array, row + 1);
    await checkpoint.pass(end - row);
  }
  return nll;
}

/** KL(clean || changed) of the next-token distributions at every position, nats. */
export async function tokenKl(model: UnembedModel, clean: Capture, changed: Capture, job: Job): Promise<Float32Array> {
  return (await compareTokens(model, clean, changed, job)).kl;
}

/** The same, and 1 where the likeliest next token is another one. */
export async function compareTokens(
  model: UnembedModel,
  clean: Capture,
  changed: Capture,
  job: Job,
): Promise<{ readonly kl: Float32Array; readonly topChanged: Uint8Array }> {
  const { architecture, sessions } = model;
  const kl = new Float32Array(clean.tokens);
  const topChanged = new Uint8Array(clean.tokens);
  const session = await sessions.kl();
  const checkpoint = new Checkpoint(job, clean.tokens);
  checkpoint.phase = 'Comparing predictions';
  // Every call takes its time, so a cancel is heard after each.
  for (let row = 0; row < clean.tokens; row += sessions.logitRows) {
    const end = Math.min(clean.tokens, row + sessions.logitRows);
    const dims = [end - row, architecture.vocabSize];
    const before = await logitRows(model, clean, row, end);
    await checkpoint.pass(0);
    const after = await logitRows(model, changed, row, end);
    await checkpoint.pass(0);
    const out = await session.run({ clean: { data: before, dims }, changed: { data: after, dims } });
    kl.set(out['kl'] as Float32Array, row);
    topChanged.set(out['topChanged'] as Float32Array, row);
    await checkpoint.pass(end - row);
  }
  return { kl, topChanged };
}

/** The `count` largest logits with their probabilities (float64 softmax), largest first. */
export function topChoices(logits: Float32Array, count: number): { id: number; prob: number; logit: number }[] {
  const probabilities = softmax(logits);
  // Kept in order by insertion: sorting a whole vocabulary would block the process.
  const top: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    if (top.length === count && logits[id]! <= logits[top[count - 1]!]!) continue;
    let at = top.length;
    while (at > 0 && logits[top[at - 1]!]! < logits[id]!) at -= 1;
    top.splice(at, 0, id);
    top.length = Math.min(top.length, count);
  }
  return top.map((id) => ({ id, prob: probabilities[id]!, logit: logits[id]! }));
}

export function softmax(logits: Float32Array): Float64Array {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - top));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
