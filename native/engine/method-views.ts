/** What is asked about the keys that a method read. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf, Tile } from '../../shared/contract/methods.ts';
import type { KeptRows, MethodKey, MethodRow, MethodStep, StoredTrace } from '../../shared/model/method-views.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { MethodTrace, TraceStates, TraceStore } from '../methods/trace-store.ts';
import { headSums, type HeadSums } from '../methods/traces/head-sums.ts';
import { runStates } from '../methods/traces/run-states.ts';
import { bitsOf, storeTrace, unpackTrace } from '../methods/traces/stored-trace.ts';
import { methodKey, methodRow, methodStep } from '../methods/traces/trace-rows.ts';
import { TraceScores } from '../methods/traces/trace-scores.ts';
import { traceTexels } from '../methods/traces/trace-texels.ts';
import { SharedPasses } from '../tiles/shared-passes.ts';
import { TileLevels } from '../tiles/tile-levels.ts';
import { checkHead } from './gains.ts';
import type { RunView } from './run-view.ts';

type Asked<M extends 'method.rows' | 'method.row' | 'method.step' | 'method.key' | 'method.tile'> = ParsedParamsOf<M>;
type TileValues = Pick<Asked<'method.tile'>, 'value' | 'reducer'>;

/** Heads whose sums are kept: 16 bytes a token. */
const KEPT_HEADS = 32;

/** All throw `unknown-run` where what is asked about is no longer held, `bad-request` for places that there are not. */
export class MethodViews {
  readonly #traces: TraceStore;
  readonly #scores: TraceScores;
  readonly #levels = new TileLevels();
  readonly #sums = new SharedPasses<HeadSums>(KEPT_HEADS);

  /** `addon`: path of the attention addon. */
  constructor(traces: TraceStore, addon: string, threads: number) {
    this.#traces = traces;
    this.#scores = new TraceScores(addon, threads);
  }

  rows({ trace: id, layer, head }: Asked<'method.rows'>): KeptRows {
    const trace = this.#traceWith(id, { layer, head });
    const { firstRow, rows, tokens } = trace;
    return { firstRow, rows, tokens, bits: bitsOf(trace.layers[layer]![head]!) };
  }

  /** Throws `not-stored` where only the reads are known. */
  row({ trace: id, ...at }: Asked<'method.row'>): MethodRow {
    const trace = this.#traceWith(id, at);
    return methodRow(trace, statesOf(trace), at);
  }

  /** Throws as `row` does, and `CancelledError`. */
  step({ trace: id, query }: Asked<'method.step'>, job: Job): Promise<MethodStep> {
    const trace = this.#traces.get(id);
    return methodStep(trace, statesOf(trace), query, breather(job));
  }

  /** Throws as `step` does. */
  key({ trace: id, ...at }: Asked<'method.key'>, job: Job): Promise<MethodKey> {
    const trace = this.#traces.get(id);
    return methodKey(this.#scores, trace, statesOf(trace), at, job.signal, breather(job));
  }

  /**
   * Throws `bad-request` for a difference reduced by `min`, and for probabilities of a method that changes keys, values or
   * outputs; `not-stored` for all but `kept` where only the reads are known; `CancelledError`.
   */
  async tile({ trace: id, ...key }: Asked<'method.tile'>, { signal }: Job): Promise<Tile> {
    const { layer, head, value, skipKeys, renormalise = false } = key;
    const trace = this.#traceWith(id, key);
    checkTileValue(trace, key);
    // The share of cells that are read.
    const reducer = value === 'kept' ? 'mean' : key.reducer;
    const skipped = renormalise ? skipKeys : 0;
    let scored = null;
    if (value !== 'kept') {
      const states = statesOf(trace)(layer);
      const compute = (stop: AbortSignal) => headSums(this.#scores, trace, states, { layer, head }, skipped, stop);
      scored = { states, sums: await this.#sums.of([id, layer, head, skipped].join(' '), compute, signal) };
    }
    const map = {
      ...{ trace, layer, head, value, skipKeys, scored },
      reducer: reducer === 'mean' ? 'sum' : reducer,
    } as const;
    const source = {
      name: [id, layer, head, value, map.reducer, skipKeys, skipped].join(' '),
      tokens: trace.tokens,
      reducer,
      isSigned: value === 'difference',
      texels: (area: Parameters<typeof traceTexels>[2], stop: AbortSignal) =>
        traceTexels(this.#scores, map, area, stop),
    };
    return this.#levels.tile(source, key, signal);
  }

  /** Throws `too-large`, `CancelledError`. */
  store(id: string, job: Job): Promise<StoredTrace> {
    return storeTrace(this.#traces.get(id), breather(job));
  }

  /**
   * `runOf`: the run that it is of, looked up at every question; null without one. Throws `session-invalid` for what
   * cannot be, `bad-request` for a run of other tokens, another model or with interventions.
   */
  async attach(stored: StoredTrace, runOf: (() => RunView) | null, job: Job): Promise<{ readonly trace: string }> {
    const states = runOf === null ? null : statesFrom(stored, runOf);
    return { trace: this.#traces.add(await unpackTrace(stored, states, breather(job)), true) };
  }

  dispose(): Promise<void> {
    return this.#scores.dispose();
  }

  #traceWith(id: string, head: { readonly layer: number; readonly head: number }): MethodTrace {
    const trace = this.#traces.get(id);
    checkHead({ layers: trace.layers.length, heads: trace.layers[0]!.length }, head);
    return trace;
  }
}

/** Null where the run has no tensors, or others than those that the method chose from. */
function statesFrom(stored: StoredTrace, runOf: () => RunView): TraceStates | null {
  const { tokens, layers, heads, windows, propagated } = stored;
  const run = runOf();
  if (run.ids.length !== tokens) {
    throw new AppError('bad-request', `The method read ${tokens} tokens, and the run has ${run.ids.length}.`, {
      hint: 'Attach it to the run that it was stored with.',
    });
  }
  if (run.interventions.length > 0) {
    throw new AppError('bad-request', 'Methods are compared with dense attention, and this run has interventions.', {
      hint: 'Attach it to the clean run.',
    });
  }
  if (propagated || !run.hasMaps) return null;
  const { shape, layers: held } = run.tensors();
  const isSame =
    held.length === layers &&
    shape.heads === heads &&
    shape.slidingWindow.every((window, layer) => (window ?? 0) === windows[layer]);
  if (!isSame) {
    throw new AppError('bad-request', 'What the method read is of another model than the run.', {
      hint: 'Attach it to the run that it was stored with.',
    });
  }
  return runStates(shape, tokens, () => runOf().tensors().layers);
}

function statesOf({ states, propagated }: MethodTrace): TraceStates {
  if (states !== null) return states;
  const lacking = propagated ? 'the queries and keys that it made' : 'the queries and keys of its run';
  throw new AppError('not-stored', `Of this method only what it read is held, not ${lacking}.`, {
    hint: propagated
      ? 'Run the method again; on a shorter prompt if it has just run.'
      : 'Run the method again, or save the session with tensors.',
  });
}

function checkTileValue({ changes }: MethodTrace, { value, reducer }: TileValues): void {
  if (value === 'difference' && reducer === 'min') {
    throw new AppError('bad-request', 'There is no difference reduced by min.', {
      hint: 'Reduce by max (largest magnitude), mean or sum.',
    });
  }
  if (changes && (value === 'probability' || value === 'difference')) {
    throw new AppError(
      'bad-request',
      'This method changes keys, values or outputs: which keys it reads is known, their probabilities are not.',
      { hint: 'Look at the keys that it reads (kept), or at the dense probability of others (lost).' },
    );
  }
}
