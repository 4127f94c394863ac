/** What a run costs: told before it starts, learned from those that were made. */
import { AppError } from '../../shared/base/app-error.ts';
import type { RunEstimate } from '../../shared/contract/methods.ts';
import { captureBytes, layerBytes, statisticsPart } from '../capture/capture.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { Opened } from './opened.ts';

/** Share of the machine's matrix speed that a whole run reaches: chunks of rows, softmax, statistics, copies. */
export const REACHED_SHARE = 0.6;
/** What ONNX Runtime holds in each session for one number of a residual, its share of wider values included. */
const ARENA_BYTES_PER_NUMBER = 48;
/** Node, ONNX Runtime and the engine's code. */
const PROCESS_BYTES = 90 * 2 ** 20;
/** Shorter runs are all overhead and say little of speed. */
const CALIBRATION_TOKENS = 128;

/** Operations of a full run: what the estimate and the measured speed count in. */
function runWork({ architecture, info }: OpenModel, tokens: number): number {
  const { layers, heads, headDim } = architecture;
  // A causal row sees half of the keys on average; a cell costs two products of 2 x dh operations.
  return 2 * info.parameters * tokens + 2 * layers * heads * headDim * tokens * tokens;
}

export function estimateRun(opened: Opened, tokens: number): RunEstimate {
  const { where, memoryBytes, refusal } = placeOfRun(opened, tokens);
  const bytes = captureBytes(opened.model.architecture, tokens);
  const milliseconds = runWork(opened.model, tokens) / opened.speed;
  const { segmentSessions, rowsPerBlock } = opened.sessions;
  const { dModel } = opened.model.architecture;
  // What waits for its next run is used by this one.
  const idle = opened.runs.arrays.idleBytes;
  const own = where === 'disk' ? memoryBytes + layerBytes(opened.model.architecture, tokens) : memoryBytes;
  const arenas = segmentSessions * Math.min(tokens, rowsPerBlock) * dModel * ARENA_BYTES_PER_NUMBER;
  const peakBytes = Math.max(own, idle) + opened.model.info.weightsBytes + arenas + PROCESS_BYTES;
  return { tokens, milliseconds, bytes, peakBytes, fits: refusal === undefined, onDisk: where === 'disk' };
}

export interface PlaceOfRun {
  readonly where: 'memory' | 'disk';
  /** Bytes that stay in memory. */
  readonly memoryBytes: number;
  readonly refusal?: AppError;
}

/** Where a run of so many tokens keeps its capture. */
export function placeOfRun({ model, runs }: Opened, tokens: number): PlaceOfRun {
  const { architecture } = model;
  const bytes = captureBytes(architecture, tokens);
  if (bytes <= runs.budgetBytes) return { where: 'memory', memoryBytes: bytes };
  const memoryBytes = statisticsPart(architecture, tokens);
  const needed = memoryBytes + layerBytes(architecture, tokens);
  if (needed <= runs.budgetBytes) return { where: 'disk', memoryBytes };
  const gibibytes = (count: number) => (count / 2 ** 30).toFixed(1);
  const refusal = new AppError(
    'too-large',
    `A run of ${tokens} tokens would hold ${gibibytes(needed)} GiB even with its tensors on disk; the limit here is ${gibibytes(runs.budgetBytes)} GiB.`,
    { hint: 'Shorten the prompt.' },
  );
  return { where: 'disk', memoryBytes, refusal };
}

/** The speed to go on with after a run. One that was slower than before may only have had company. */
export function calibratedSpeed({ model, speed }: Opened, tokens: number, milliseconds: number): number {
  if (tokens < CALIBRATION_TOKENS) return speed;
  const measured = runWork(model, tokens) / milliseconds;
  return measured > speed ? measured : (speed + measured) / 2;
}
