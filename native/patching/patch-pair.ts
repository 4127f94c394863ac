import type { Capture } from '../capture/capture.ts';
import type { ForwardModel } from '../forward/forward.ts';

/** Two runs, values of one of which are put into the other. */
export interface PatchPair {
  readonly model: ForwardModel;
  /** The run that is patched. */
  readonly receiver: Capture;
  /** The run that the values come from. */
  readonly donor: Capture;
  /** Position in the donor of each of the receiver's, [tokens], ascending; -1: none, which keeps its values. */
  readonly partners: Int32Array;
}
