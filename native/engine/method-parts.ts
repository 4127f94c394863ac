import type { Capture } from '../capture/capture.ts';
import type { PropagatedParts } from '../methods/run-propagated.ts';
import type { Opened } from './opened.ts';

/** What methods on a run of the open model are measured with. `capture`: without interventions. */
export function methodParts({ model, sessions, kernel, norms }: Opened, capture: Capture): PropagatedParts {
  return { architecture: model.architecture, sessions, kernel, capture, norms };
}
