/** The child's side: performs the one job that it is sent, answers and ends. */
import { toWireError } from '../../shared/base/app-error.ts';
import type { BenchJob, ChildMessage } from './job.ts';
import { performJob } from './perform-job.ts';

export function serveJob(): void {
  // Ctrl-C reaches the whole process group; the parent decides when this process ends.
  process.on('SIGINT', () => undefined);
  // A parent that is gone leaves nothing to work for.
  process.on('disconnect', () => process.exit(0));
  process.once('message', (job) => void answer(job as BenchJob));
}

async function answer(job: BenchJob): Promise<void> {
  const message = await performJob(job, (progress) => send({ type: 'progress', progress })).then(
    (result): ChildMessage => ({ type: 'result', result }),
    (error: unknown): ChildMessage => ({ type: 'error', error: toWireError(error) }),
  );
  send(message, () => process.exit(0));
}

function send(message: ChildMessage, sent: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, sent);
}
