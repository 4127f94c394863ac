/** Sessions of one open model, created when first needed and kept until it closes. */
import type { Architecture } from '../families/family.ts';
import type { GraphWeights } from '../families/graph-weights.ts';
import type { Session } from '../ort/session.ts';
import { SessionCache } from '../ort/session-cache.ts';
import { buildEffects, buildLogProbs } from './effect-graphs.ts';
import {
  buildAttentionInputs,
  buildAttentionOutput,
  buildKl,
  buildNll,
  buildSegment,
  buildSegmentGroup,
  buildUnembedding,
  type ExtraHook,
} from './segment-graphs.ts';

const MAX_ROWS = 512;
const MIN_ROWS = 8;
/** Operations of one call: about 150 ms at the 100 GFLOP/s that two modest cores reach. */
const CALL_WORK = 15e9;
/** Weights of one session: where they have to be cast to float32, opening it takes 110 ms for so many. */
const GROUP_PARAMETERS = 48e6;
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
  readonly #sessions: SessionCache;
  /** Rows of a block: a power of two, fixed for a model so that every run cuts its rows the same way. */
  readonly rowsPerBlock: number;
  readonly logitRows: number;
  /** Segments of one session, see `#group`. */
  readonly #groupSize: number;

  constructor(options: SegmentSessionsOptions) {
    this.#options = options;
    const { threads, provider, weightsFolder, release } = options;
    this.#sessions = new SessionCache({ threads, provider, externalFolder: weightsFolder, release });
    const fitting = CALL_WORK / this.rowWork();
    this.rowsPerBlock = Math.min(MAX_ROWS, Math.max(MIN_ROWS, 2 ** Math.floor(Math.log2(fitting))));
    this.#groupSize = Math.max(1, Math.floor(GROUP_PARAMETERS / (options.parameters / options.architecture.layers)));
    const { vocabSize, dModel } = options.architecture;
    const logitFitting = Math.min(LOGIT_CELLS / vocabSize, CALL_WORK / (2 * vocabSize * dModel));
    this.logitRows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, 2 ** Math.floor(Math.log2(logitFitting))));
  }

  /** Sessions that all segments of a plain run take. */
  get segmentSessions(): number {
    return 2 + Math.ceil((this.#options.architecture.layers - 1) / this.#groupSize);
  }

  /** Operations of one segment on one row. */
  rowWork(): number {
    const { architecture, parameters } = this.#options;
    return (2 * parameters) / architecture.layers;
  }

  /** Operations of the matrices of one layer on one row: without the tables of tokens and positions. */
  layerWork(): number {
    const { architecture, parameters, weights } = this.#options;
    const { blocks, vocabSize, context, dModel, layers, rope } = architecture;
    const { embedding, unembedding } = blocks.layout(weights);
    const tables = vocabSize * (embedding === unembedding ? 1 : 2) + (rope === null ? context : 0);
    return (2 * (parameters - tables * dModel)) / layers;
  }

  async segment(index: number, extras: readonly ExtraHook[]): Promise<Session> {
    const { architecture, weights } = this.#options;
    const isBetweenLayers = index > 0 && index < architecture.layers;
    if (extras.length === 0 && isBetweenLayers) return ofGroup(await this.#group(index), index);
    return this.#sessions.get(`segment ${index} ${extras.join(' ')}`, () =>
      buildSegment(architecture, weights, index, extras),
    );
  }

  /** Norm and QKV of a layer alone. */
  attentionInputs(layer: number, extras: readonly ExtraHook[]): Promise<Session> {
    const { architecture, weights } = this.#options;
    return this.#sessions.get(`inputs ${layer} ${extras.join(' ')}`, () =>
      buildAttentionInputs(architecture, weights, layer, extras),
    );
  }

  /** `frozen`: with the scale of another residual, see `buildUnembedding`. */
  unembedding(frozen = false): Promise<Session> {
    const { architecture, weights } = this.#options;
    return this.#sessions.get(frozen ? 'unembedding frozen' : 'unembedding', () =>
      buildUnembedding(architecture, weights, frozen),
    );
  }

  attentionOutput(layer: number): Promise<Session> {
    const { architecture, weights } = this.#options;
    return this.#sessions.get(`output ${layer}`, () => buildAttentionOutput(architecture, weights, layer));
  }

  nll(): Promise<Session> {
    return this.#sessions.get('nll', buildNll);
  }

  kl(): Promise<Session> {
    return this.#sessions.get('kl', buildKl);
  }

  logProbs(): Promise<Session> {
    return this.#sessions.get('log probabilities', buildLogProbs);
  }

  effects(): Promise<Session> {
    return this.#sessions.get('effects', buildEffects);
  }

  dispose(): Promise<void> {
    return this.#sessions.dispose();
  }

  /**
   * Several segments lie in one session, because each session has an arena of its own: 12 layers of 768 dimensions held
   * 150 MiB in 13 sessions and hold 25 MiB in 3, which pays for blocks of 512 rows instead of 256.
   */
  #group(index: number): Promise<Session> {
    const { architecture, weights } = this.#options;
    const first = index - ((index - 1) % this.#groupSize);
    const end = Math.min(architecture.layers, first + this.#groupSize);
    return this.#sessions.get(`segments ${first}`, () => buildSegmentGroup(architecture, weights, [first, end]));
  }
}

function ofGroup(session: Session, segment: number): Session {
  const which = { data: BigInt64Array.of(BigInt(segment)), dims: [] };
  return {
    ...session,
    run: (feeds) => session.run({ ...feeds, segment: which }),
    runInto: (feeds, targets) => session.runInto({ ...feeds, segment: which }, targets),
  };
}
