import type { DeviceReport } from '../../shared/model/device.ts';
import type { AttentionKernel } from '../attention/kernel.ts';
import type { SegmentSessions } from '../forward/segment-sessions.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { ScoreReader } from '../pattern/score-blocks.ts';
import type { SpillCache } from '../capture/spill-cache.ts';
import type { OutputNorms } from '../scores/output-norms.ts';
import type { RestMaps } from '../tiles/rest-maps.ts';
import type { TileServer } from '../tiles/tile-server.ts';
import type { Circuits } from '../weights/circuits.ts';
import type { TaskData } from '../tasks/task-data.ts';
import type { ReferenceRuns } from './reference-runs.ts';
import type { RunStore } from './run-store.ts';

/** Everything that belongs to the open model and goes with it. */
export interface Opened {
  readonly model: OpenModel;
  readonly device: DeviceReport;
  readonly sessions: SegmentSessions;
  readonly kernel: AttentionKernel;
  readonly reader: ScoreReader;
  readonly norms: OutputNorms;
  readonly circuits: Circuits;
  readonly tiles: TileServer;
  readonly rest: RestMaps;
  readonly runs: RunStore;
  /** Where captures go that memory has no room for. */
  readonly spillFolder: string;
  /** Of all of them. */
  readonly spillCache: SpillCache;
  /** Of prompts that interventions take values from. */
  readonly references: ReferenceRuns;
  /** Samples of tasks are made from it. */
  readonly taskData: () => Promise<TaskData>;
  /** Operations a millisecond, from the last run; from the machine's matrix speed before the first. */
  speed: number;
}
