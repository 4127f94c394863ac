import { AppError } from '../../shared/base/app-error.ts';
import type {
  CellReading,
  HeadProfile,
  Miniatures,
  RegionReading,
  RunComparison,
  Tile,
  TokenAttention,
  TokenLogits,
} from '../../shared/contract/methods.ts';
import type { Attribution, Influence } from '../../shared/model/attribution.ts';
import type { EffectTarget, KeyRemovals } from '../../shared/model/effect.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { HeadDescriptors } from '../../shared/model/descriptors.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { SinkReport } from '../../shared/model/sinks.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import type { TileKey } from '../../shared/tensor/tile.ts';
import type { AttributionRequest } from '../attribution/direct-logit.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { Region } from '../pattern/score-blocks.ts';
import type { RunTensors } from '../session/run-tensors.ts';
import type { StoreChoice } from '../session/store-choice.ts';
import type { Span } from '../spans/span-scores.ts';
import type { MapOf } from '../tiles/texels.ts';
import type { ScoreChoice } from './score-choice.ts';

/** Another map beside the one that is asked about. */
export interface HeadOf {
  readonly run: RunView;
  readonly head: HeadId;
}

/**
 * What can be asked of a run, whether it was computed here or comes from a session file. What a file does not hold is
 * refused with `not-stored`, heads and positions that are not there with `bad-request`.
 */
export interface RunView {
  readonly modelId: string;
  readonly ids: Int32Array;
  readonly interventions: readonly Intervention[];
  /** Whether its maps can be computed. */
  readonly hasMaps: boolean;
  /** Whether that of a head can be asked for. */
  hasMapOf(head: HeadId): boolean;
  scores(choice: ScoreChoice, job: Job): Promise<readonly ScoreTable[]>;
  /** Attention mass by distance of every head. */
  distances(): Promise<{ readonly bins: number; readonly values: Float32Array }>;
  /** Where heads rest; `threshold`: importance that they rest over. */
  sinks(threshold: number, signal: AbortSignal): Promise<SinkReport>;
  /** Mass on each span. */
  spans(spans: readonly Span[], job: Job): Promise<readonly ScoreTable[]>;
  descriptors(job: Job): Promise<HeadDescriptors>;
  /** Parts of a logit by component. */
  attribution(request: AttributionRequest, job: Job): Promise<Attribution>;
  /** Of some tokens after a position. */
  logits(position: number, tokens: readonly number[]): Promise<TokenLogits>;
  keyRemovals(head: HeadId, query: number, target: EffectTarget, signal: AbortSignal): Promise<KeyRemovals>;
  /** With the attention of these heads made uniform over what they see. */
  influence(heads: readonly HeadId[], job: Job): Promise<Influence>;
  miniatures(): Promise<Miniatures>;
  head(head: HeadId, signal: AbortSignal): Promise<HeadProfile>;
  token(head: HeadId, index: number, signal: AbortSignal): Promise<TokenAttention>;
  /** Without the first `skipKeys` keys of the row. */
  cell(head: HeadId, query: number, key: number, skipKeys: number): Promise<CellReading>;
  region(region: Region, signal: AbortSignal): Promise<RegionReading>;
  tile(head: HeadId, minus: HeadOf | undefined, key: TileKey, signal: AbortSignal): Promise<Tile>;
  /** For reading inside it, and for subtracting it from another. */
  mapOf(head: HeadId): MapOf;
  /** With the clean run of the same prompt. */
  compare(clean: RunView, job: Job): Promise<RunComparison>;
  /** What a session keeps; `clean`: the run that it is compared with. */
  store(choice: StoreChoice, clean: RunView | null, job: Job): Promise<StoredRun>;
  tensors(): RunTensors;
}

/** The map that is subtracted from one of `run`. Throws `bad-request` where it is of another model. */
export function subtractedMap(run: RunView, minus: HeadOf | undefined): MapOf | undefined {
  if (minus !== undefined && minus.run.modelId !== run.modelId) {
    throw new AppError('bad-request', 'The two maps are of different models.', { hint: 'Subtract maps of one model.' });
  }
  return minus?.run.mapOf(minus.head);
}
