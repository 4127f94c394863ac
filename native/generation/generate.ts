/** The generation loop: decode, choose, append, until something ends it. */
import { createPrng } from '../../shared/base/prng.ts';
import type { GeneratedToken, Generation, GenerationEnd } from '../../shared/model/generation.ts';
import type { Sampling } from '../../shared/model/sampling.ts';
import type { Job } from '../forward/checkpoint.ts';
import { topChoices } from '../forward/likelihoods.ts';
import type { ModelTokenizer } from '../tokenizer/model-tokenizer.ts';
import type { Decoder } from './decoder.ts';
import { chooseToken } from './sampling.ts';
import { TextStream } from './text-stream.ts';

/** Of a decoder of any kind. */
export interface GenerateRequest<D = Decoder> {
  /** The prompt; at most as long as the decoder has room for. */
  readonly ids: Int32Array;
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** Tokens that end it. */
  readonly endIds: readonly number[];
  readonly stopTexts: readonly string[];
  /** Longest sequence that the model takes. */
  readonly context: number;
  /** Called after every step, while the decoder's last position is the one that chose `id`. */
  readonly onStep?: (decoder: D, step: number, id: number) => void;
}

const ALTERNATIVES = 5;
/** Progress copies what there is so far, so it is told no more often. */
const TELL_EVERY_MS = 50;

/** Progress carries what there is so far. Throws `CancelledError` when the job is cancelled. */
export async function generate<D extends Pick<Decoder, 'append'>>(
  decoder: D,
  tokenizer: ModelTokenizer,
  request: GenerateRequest<D>,
  job: Job,
): Promise<Generation> {
  const { ids, maxTokens, sampling, endIds, stopTexts, context } = request;
  const started = performance.now();
  const prng = createPrng(sampling.kind === 'sample' ? sampling.seed : 0);
  const stream = new TextStream();
  const tokens: GeneratedToken[] = [];
  const soFar = (stopped: GenerationEnd | null): Generation => ({
    promptTokens: ids.length,
    tokens: [...tokens],
    text: beforeStop(stream.text, stopTexts),
    stopped,
    milliseconds: performance.now() - started,
  });
  const finish = (stopped: GenerationEnd): Generation => {
    stream.end();
    return soFar(stopped);
  };

  const prefilled = { ...job, progress: job.progress.bind(job) };
  // A step is short: its own progress would only drown that of the loop.
  const quiet = { ...prefilled, progress: () => undefined };
  let logits = await decoder.append(ids, prefilled);
  const decoding = performance.now();
  let told = -Infinity;
  for (let step = 0; ; step++) {
    if (step === maxTokens) return finish('length');
    if (ids.length + step === context) return finish('context');
    const id = chooseToken(logits, sampling, prng);
    request.onStep?.(decoder, step, id);
    if (endIds.includes(id)) return finish('end-token');
    tokens.push(describe(tokenizer, logits, id));
    stream.add(tokenizer.bytes(id));
    if (beforeStop(stream.text, stopTexts) !== stream.text) return finish('stop-text');
    const now = performance.now();
    if (now - told >= TELL_EVERY_MS) {
      told = now;
      job.progress({
        phase: `Token ${step + 1} of at most ${maxTokens}`,
        done: step + 1,
        total: maxTokens,
        etaMs: step === 0 ? null : Math.round(((now - decoding) / step) * (maxTokens - step - 1)),
        partial: soFar(null),
      });
    }
    // The last token needs no logits after it.
    if (step + 1 < maxTokens && ids.length + step + 1 < context) {
      logits = await decoder.append(Int32Array.of(id), quiet);
    }
  }
}

function describe(tokenizer: ModelTokenizer, logits: Float32Array, id: number): GeneratedToken {
  const choices = topChoices(logits, ALTERNATIVES);
  const top = choices.map((choice) => ({ ...choice, ...named(tokenizer, choice.id) }));
  const prob = choices.find((choice) => choice.id === id)?.prob ?? probabilityOf(logits, id);
  return { id, ...named(tokenizer, id), prob, top };
}

function named(tokenizer: ModelTokenizer, id: number): { readonly display: string; readonly text: string } {
  const { display, text } = tokenizer.describe(id);
  return { display, text };
}

function probabilityOf(logits: Float32Array, id: number): number {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  return Math.exp(logits[id]! - top) / sum;
}

/** The text before the first stop text in it. */
function beforeStop(text: string, stopTexts: readonly string[]): string {
  const found = stopTexts.map((stop) => text.indexOf(stop)).filter((at) => at !== -1);
  return found.length === 0 ? text : text.slice(0, Math.min(...found));
}
