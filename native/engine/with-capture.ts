/** Runs of the open model that nothing keeps. */
import { IN_MEMORY, onDisk } from '../capture/capture-keeper.ts';
import { captureBytes, type Capture } from '../capture/capture.ts';
import { checkRoom, SpillFile } from '../capture/spill-file.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward, type ForwardRequest } from '../forward/forward.ts';
import type { Opened } from './opened.ts';
import { placeOfRun } from './run-cost.ts';

/** A forward whose capture is let go of at once; on disk where memory has no room. Throws `too-large`, `io`. */
export async function withCapture<T>(
  opened: Opened,
  request: Omit<ForwardRequest, 'keeper'>,
  job: Job,
  use: (capture: Capture) => Promise<T>,
): Promise<T> {
  const { architecture } = opened.model;
  const { ids } = request;
  const place = placeOfRun(opened, ids.length);
  if (place.refusal !== undefined) throw place.refusal;
  const disk = place.where === 'disk';
  if (disk) checkRoom(opened.spillFolder, captureBytes(architecture, ids.length));
  const file = disk ? new SpillFile(opened.spillFolder, opened.spillCache) : null;
  try {
    const keeper = file === null ? IN_MEMORY : onDisk(file, job.signal);
    const model = { architecture, sessions: opened.sessions, kernel: opened.kernel };
    return await use(await runForward(model, { ...request, keeper }, job));
  } finally {
    file?.release();
  }
}
