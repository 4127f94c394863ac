/** Next tokens as they are predicted under a method, beside those of the dense run. In float64 from the logits on. */
import type { MethodPrediction } from '../../shared/model/method-result.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { logitRows, type UnembedModel } from '../forward/likelihoods.ts';
import { argmax } from '../generation/sampling.ts';

/** Final residuals under a method. */
export interface MethodResiduals {
  /** Position of the first row; those before it are dense. */
  readonly firstRow: number;
  /** [tokens - firstRow, dModel]. */
  readonly residuals: Float32Array;
}

export interface PredictionRequest {
  /** Divergence is told of the queries from there on. */
  readonly promptLength: number;
  /** First token of the answer, which goes to the end; at least 1. Null = there is none. */
  readonly answerStart: number | null;
}

export interface ComparedPredictions {
  /** Null where no query comes after the prompt. */
  readonly prediction: MethodPrediction | null;
  /** For each token of the answer, the likeliest one in its place; empty without an answer. */
  readonly chosen: Int32Array;
  readonly chosenDense: Int32Array;
}

/** One for each of `all`, of which the rows of the dense run are computed once. Throws `CancelledError`. */
export async function comparePredictions(
  model: UnembedModel,
  capture: Pick<Capture, 'tokens' | 'ids' | 'resid' | 'layers' | 'computedFrom'>,
  all: readonly MethodResiduals[],
  unembed: (residuals: Float32Array, job: Job) => Promise<Float32Array>,
  { promptLength, answerStart }: PredictionRequest,
  job: Job,
): Promise<ComparedPredictions[]> {
  const { tokens, ids } = capture;
  const { vocabSize, dModel } = model.architecture;
  const { logitRows: rowsAtOnce } = model.sessions;
  const firstRow = Math.min(promptLength, (answerStart ?? tokens) - 1);
  const checkpoint = new Checkpoint(job, (tokens - firstRow) * (1 + all.length));
  checkpoint.phase = 'Comparing predictions';
  const quiet = { ...job, progress: () => undefined };
  const breathe = breather(job);
  const tallies = all.map(() => new PredictionTally(promptLength, answerStart, ids));
  for (let row = firstRow; row < tokens; row += rowsAtOnce) {
    const end = Math.min(tokens, row + rowsAtOnce);
    const dense = await logitRows(model, capture, row, end);
    await checkpoint.pass(end - row);
    for (const [at, { firstRow: from, residuals }] of all.entries()) {
      const own = Math.max(0, from - row);
      const logits = dense.slice();
      if (row + own < end) {
        const part = residuals.subarray((row + own - from) * dModel, (end - from) * dModel);
        logits.set(await unembed(part, quiet), own * vocabSize);
      }
      for (let query = row; query < end; query++) {
        const of = (rows: Float32Array) => rows.subarray((query - row) * vocabSize, (query - row + 1) * vocabSize);
        tallies[at]!.add(query, of(dense), of(logits));
        await breathe();
      }
      await checkpoint.pass(end - row);
    }
  }
  return tallies.map((tally) => tally.result());
}

class PredictionTally {
  readonly #promptLength: number;
  readonly #answerStart: number;
  readonly #ids: Int32Array;
  readonly #kl: Float64Array;
  readonly #nll: Float64Array;
  readonly #nllDense: Float64Array;
  readonly #chosen: Int32Array;
  readonly #chosenDense: Int32Array;
  #changed = 0;

  constructor(promptLength: number, answerStart: number | null, ids: Int32Array) {
    const answer = answerStart === null ? 0 : ids.length - answerStart;
    this.#promptLength = promptLength;
    this.#answerStart = answerStart ?? ids.length;
    this.#ids = ids;
    this.#kl = new Float64Array(ids.length - promptLength);
    this.#nll = new Float64Array(answer);
    this.#nllDense = new Float64Array(answer);
    this.#chosen = new Int32Array(answer);
    this.#chosenDense = new Int32Array(answer);
  }

  add(query: number, dense: Float32Array, logits: Float32Array): void {
    const [denseSum, sum] = [logSumExp(dense), logSumExp(logits)];
    const [choiceDense, choice] = [argmax(dense), argmax(logits)];
    if (query >= this.#promptLength) {
      this.#kl[query - this.#promptLength] = divergence(dense, denseSum, logits, sum);
      if (choice !== choiceDense) this.#changed++;
    }
    const token = query + 1 - this.#answerStart;
    if (token < 0 || token >= this.#nll.length) return;
    const id = this.#ids[query + 1]!;
    this.#nll[token] = sum - logits[id]!;
    this.#nllDense[token] = denseSum - dense[id]!;
    this.#chosen[token] = choice;
    this.#chosenDense[token] = choiceDense;
  }

  result(): ComparedPredictions {
    const rows = this.#kl.length;
    const prediction =
      rows === 0
        ? null
        : {
            kl: mean(this.#kl),
            klByQuery: this.#kl,
            topChanged: this.#changed / rows,
            nllAnswer: this.#nll.length === 0 ? null : mean(this.#nll),
            nllAnswerDense: this.#nll.length === 0 ? null : mean(this.#nllDense),
            nllByToken: this.#nll,
            nllByTokenDense: this.#nllDense,
          };
    return { prediction, chosen: this.#chosen, chosenDense: this.#chosenDense };
  }
}

const mean = (values: Float64Array): number => values.reduce((sum, each) => sum + each, 0) / values.length;

function logSumExp(logits: Float32Array): number {
  let top = -Infinity;
  for (let id = 0; id < logits.length; id++) top = Math.max(top, logits[id]!);
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += Math.exp(logits[id]! - top);
  return top + Math.log(sum);
}

/** KL(dense || method), nats; rounding alone could make it negative. */
function divergence(dense: Float32Array, denseSum: number, logits: Float32Array, sum: number): number {
  let total = 0;
  for (let id = 0; id < dense.length; id++) {
    const log = dense[id]! - denseSum;
    total += Math.exp(log) * (log - (logits[id]! - sum));
  }
  return Math.max(0, total);
}
