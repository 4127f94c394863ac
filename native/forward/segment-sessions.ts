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
  /**
   * Rows of a block: a power of two, fixed for a model so that every run cuts its rows the same way. At most 256: at 128,
   * short prompts took a fifth longer for half of the memory that the sessions hold, at 512 the reverse.
   */
  readonly rowsPerBlock: number;
  readonly logitRows: number;

  constructor(options: SegmentSessionsOptions) {
    this.#options = options;
    const fitting = CALL_WORK / this.rowWork();
    this.rowsPerBlock = Math.min(MAX_ROWS, Math.max(MIN_ROWS, 2 ** Math.floor(Math.log2(fitting))));
    const { vocabSize, dModel } = options.architecture;
    const logitFitting = Math.min(LOGIT_CELLS / vocabSize, CALL_WORK / (2 * vocabSize * dModel));
    this.logitRows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, 2 ** Math.floor(Math.log2(logitFitting))));
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
