/** Sessions of one open model, created when first needed and kept until it closes. */
import type { Architecture } from '../families/family.ts';
import type { GraphWeights } from '../families/graph-weights.ts';
import { createSession, type Session } from '../ort/session.ts';
import {
  buildAttentionOutput,
  buildKl,
  buildNll,
  buildSegment,
  buildUnembedding,
  type ExtraHook,
} from './segment-graphs.ts';

const MAX_ROWS = 256;
const MIN_ROWS = 8;
const SHORT_PROMPT = 1024;
const SHORT_ROWS = 128;
/** Operations of one call: about 150 ms at the 100 GFLOP/s that two modest cores reach. */
const CALL_WORK = 15e9;
/** Cells of one block of logits: 32 MiB. */
const LOGIT_CELLS = 8 * 1024 * 1024;

export interface SegmentSessionsOptions {
  readonly architecture: Architecture;
  readonly weights: GraphWeights;
  readonly weightsFolder: string;
  /** Of the whole model; bounds the rows of one call. */
  readonly parameters: number;
  readonly threads: number;
  /** See `SessionOptions`, as the next. */
  readonly provider?: string | undefined;
  readonly release?: ((buffer: ArrayBuffer) => void) | undefined;
}

export class SegmentSessions {
  readonly #options: SegmentSessionsOptions;
  readonly #sessions = new Map<string, Promise<Session>>();
  readonly #mostRows: number;
  readonly logitRows: number;

  constructor(options: SegmentSessionsOptions) {
    this.#options = options;
    const fitting = CALL_WORK / this.rowWork();
    this.#mostRows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, 2 ** Math.floor(Math.log2(fitting))));
    const { vocabSize, dModel } = options.architecture;
    const logitFitting = Math.min(LOGIT_CELLS / vocabSize, CALL_WORK / (2 * vocabSize * dModel));
    this.logitRows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, 2 ** Math.floor(Math.log2(logitFitting))));
  }

  /**
   * Rows of a block for so many positions: a power of two, and the same whenever it is asked for, so that every run of a
   * prompt cuts its rows the same way. Every session keeps the memory of its largest block: blocks of short prompts are
   * smaller, which costs some time and halves what the sessions hold.
   */
  rowsPerBlock(positions: number): number {
    return positions <= SHORT_PROMPT ? Math.min(this.#mostRows, SHORT_ROWS) : this.#mostRows;
  }

  /** Operations of one segment on one row. */
  rowWork(): number {
    const { architecture, parameters } = this.#options;
    return (2 * parameters) / architecture.layers;
  }

  segment(index: number, extras: readonly ExtraHook[]): Promise<Session> {
    const { architecture, weights } = this.#options;
    return this.#session(`segment ${index} ${extras.join(' ')}`, () =>
      buildSegment(architecture, weights, index, extras),
    );
  }

  unembedding(): Promise<Session> {
    const { architecture, weights } = this.#options;
    return this.#session('unembedding', () => buildUnembedding(architecture, weights));
  }

  attentionOutput(layer: number): Promise<Session> {
    const { architecture, weights } = this.#options;
    return this.#session(`output ${layer}`, () => buildAttentionOutput(architecture, weights, layer));
  }

  nll(): Promise<Session> {
    return this.#session('nll', buildNll);
  }

  kl(): Promise<Session> {
    return this.#session('kl', buildKl);
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await session.then((ready) => ready.dispose()).catch(() => undefined);
  }

  #session(key: string, build: () => Uint8Array): Promise<Session> {
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const { weightsFolder, threads, provider, release } = this.#options;
    const session = createSession(build(), { threads, provider, externalFolder: weightsFolder, release });
    this.#sessions.set(key, session);
    // A session that failed to load must not be remembered as one.
    session.catch(() => this.#sessions.delete(key));
    return session;
  }
}
