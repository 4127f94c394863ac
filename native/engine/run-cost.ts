/** What a run costs: told before it starts, learned from those that were made. */
import type { RunEstimate } from '../../shared/contract/methods.ts';
import { captureBytes } from '../capture/capture.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { Opened } from './opened.ts';

/** Operations a millisecond, a modest guess before the first run. */
export const GUESSED_SPEED = 4e7;
/** Shorter runs are all overhead and say little of speed. */
const CALIBRATION_TOKENS = 128;

/** Operations of a full run: what the estimate and the measured speed count in. */
function runWork({ architecture, info }: OpenModel, tokens: number): number {
  const { layers, heads, headDim } = architecture;
  // A causal row sees half of the keys on average; a cell costs two products of 2 x dh operations.
  return 2 * info.parameters * tokens + 2 * layers * heads * headDim * tokens * tokens;
}

export function estimateRun({ model, speed, runs }: Opened, tokens: number): RunEstimate {
  const bytes = captureBytes(model.architecture, tokens);
  const milliseconds = runWork(model, tokens) / speed;
  return { tokens, milliseconds, bytes, fits: bytes <= runs.budgetBytes };
}

/** The speed to go on with after a run. One that was slower than before may only have had company. */
export function calibratedSpeed({ model, speed }: Opened, tokens: number, milliseconds: number): number {
  if (tokens < CALIBRATION_TOKENS) return speed;
  const measured = runWork(model, tokens) / milliseconds;
  return measured > speed ? measured : (speed + measured) / 2;
}
