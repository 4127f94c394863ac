/** What a change does to the predictions of a run, from the final residual of the changed one. In row blocks. */
import type { Effect } from '../../shared/model/effect.ts';
import type { Capture } from '../capture/capture.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { topChoices, type UnembedModel } from '../forward/likelihoods.ts';

/** Log-probabilities of the run that is changed are kept up to so many numbers: 256 MiB. The rest is made anew each time. */
const KEPT_NUMBERS = 64 * 1024 * 1024;

/** Where an effect is read; null: the last position, the likeliest two tokens there. */
export interface ReadTarget {
  readonly position: number | null;
  readonly token: number | null;
  readonly against: number | null;
}

/** Logits of some rows of a run, [end - start, vocab]; a range is one call. */
export type ReadLogits = (capture: Capture, start: number, end: number) => Promise<Float32Array>;

export interface EffectSource {
  readonly model: UnembedModel;
  /** The run that is changed. */
  readonly capture: Capture;
  readonly logits: ReadLogits;
}

/** Rows `start` to `end` - 1. */
interface Block {
  readonly start: number;
  readonly end: number;
}

export class EffectReader {
  readonly position: number;
  readonly token: number;
  readonly against: number;
  /** logit(token) - logit(against) of the run that is changed, at the position. */
  readonly difference: number;
  readonly #source: EffectSource;
  readonly #keptNumbers: number;
  readonly #blocks: readonly Block[];
  /** Likeliest token after each position. */
  readonly #top: BigInt64Array;
  /** -log p of the prompt's tokens, NaN at 0. */
  readonly #nll: Float32Array;
  /** Log-probabilities of the first blocks. */
  readonly #kept: Float32Array[] = [];

  private constructor(source: EffectSource, target: ReadTarget, last: Float32Array, keptNumbers: number) {
    const { tokens } = source.capture;
    const { logitRows } = source.model.sessions;
    this.#source = source;
    this.#keptNumbers = keptNumbers;
    this.#blocks = Array.from({ length: Math.ceil(tokens / logitRows) }, (_, at) => ({
      start: at * logitRows,
      end: Math.min(tokens, (at + 1) * logitRows),
    }));
    this.#top = new BigInt64Array(tokens);
    this.#nll = new Float32Array(tokens).fill(NaN);
    this.position = target.position ?? tokens - 1;
    const [first, second = first] = topChoices(last, 2);
    const other = (than: number | null): number => (than === first!.id ? second! : first!).id;
    this.token = target.token ?? other(target.against);
    this.against = target.against ?? other(this.token);
    this.difference = last[this.token]! - last[this.against]!;
  }

  /** Position and tokens have to exist. `keptNumbers`: for tests. Throws `CancelledError`. */
  static async of(
    source: EffectSource,
    target: ReadTarget,
    job: Job,
    keptNumbers = KEPT_NUMBERS,
  ): Promise<EffectReader> {
    const position = target.position ?? source.capture.tokens - 1;
    const last = await source.logits(source.capture, position, position + 1);
    const reader = new EffectReader(source, target, last, keptNumbers);
    const { capture, model } = source;
    const { vocabSize } = model.architecture;
    const checkpoint = new Checkpoint(job, capture.tokens);
    checkpoint.phase = 'Predictions before the change';
    for (const block of reader.#blocks) {
      const { logProbs, top } = await reader.#logProbs(block, checkpoint);
      reader.#top.set(top, block.start);
      for (let row = block.start; row < Math.min(block.end, capture.tokens - 1); row++) {
        reader.#nll[row + 1] = -logProbs[(row - block.start) * vocabSize + capture.ids[row + 1]!]!;
      }
      if (reader.#keeps(block)) reader.#kept.push(logProbs);
      await checkpoint.pass(block.end - block.start);
    }
    return reader;
  }

  /** `changed`: a run of the same tokens. NaN for the change of likelihood in a prompt of one token. */
  async read(changed: Capture, job: Job): Promise<Effect> {
    const { model, capture, logits } = this.#source;
    const { tokens, ids } = capture;
    const session = await model.sessions.effects();
    const checkpoint = new Checkpoint(job, tokens);
    checkpoint.phase = 'Comparing predictions';
    const kl = new Float32Array(tokens);
    let nll = 0;
    let same = 0;
    for (const [at, block] of this.#blocks.entries()) {
      const { start, end } = block;
      const logProbs = this.#kept[at] ?? (await this.#logProbs(block, checkpoint)).logProbs;
      const after = await logits(changed, start, end);
      await checkpoint.pass(0);
      const dims = [end - start, model.architecture.vocabSize];
      // Nothing comes after the last token: whatever stands for it there is not read.
      const targets = BigInt64Array.from({ length: end - start }, (_, i) => BigInt(ids[start + i + 1] ?? 0));
      const out = await session.run({
        logits: { data: after, dims },
        logProbs: { data: logProbs, dims },
        targets: { data: targets, dims: [end - start] },
      });
      kl.set(out['kl'] as Float32Array, start);
      const [likelihoods, top] = [out['nll'] as Float32Array, out['top'] as BigInt64Array];
      for (let row = start; row < end; row++) {
        if (row + 1 < tokens) nll += likelihoods[row - start]! - this.#nll[row + 1]!;
        if (top[row - start] === this.#top[row]) same += 1;
      }
      await checkpoint.pass(end - start);
    }
    const own = await logits(changed, this.position, this.position + 1);
    return {
      kl: kl.reduce((sum, value) => sum + value, 0) / tokens,
      'kl-last': kl[this.position]!,
      nll: nll / (tokens - 1),
      'logit-difference': own[this.token]! - own[this.against]! - this.difference,
      agreement: same / tokens,
    };
  }

  /** Of a run that nothing is changed in. */
  get unchanged(): Effect {
    const { tokens } = this.#source.capture;
    return { kl: 0, 'kl-last': 0, nll: tokens < 2 ? NaN : 0, 'logit-difference': 0, agreement: 1 };
  }

  /** Whether all blocks up to this one are within what is kept. */
  #keeps({ end }: Block): boolean {
    return end * this.#source.model.architecture.vocabSize <= this.#keptNumbers;
  }

  /** [rows, vocab] of the run that is changed. */
  async #logProbs(
    { start, end }: Block,
    checkpoint: Checkpoint,
  ): Promise<{ readonly logProbs: Float32Array; readonly top: BigInt64Array }> {
    const { model, capture, logits } = this.#source;
    const session = await model.sessions.logProbs();
    const data = await logits(capture, start, end);
    await checkpoint.pass(0);
    const out = await session.run({ logits: { data, dims: [end - start, model.architecture.vocabSize] } });
    await checkpoint.pass(0);
    return { logProbs: out['logProbs'] as Float32Array, top: out['top'] as BigInt64Array };
  }
}
