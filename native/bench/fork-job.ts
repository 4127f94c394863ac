/** The parent's side: every job in a fresh process, so that no measurement inherits another's memory or caches. */
import { fork } from 'node:child_process';
import { AppError, CancelledError, fromWireError } from '../../shared/base/app-error.ts';
import type { ChildMessage, PerformJob } from './job.ts';

export interface JobProgram {
  /** A program that calls `serveJob` when it is started with `args`. */
  readonly file: string;
  readonly args: readonly string[];
}

/** Throws what the job throws, `CancelledError` when cancelled, `engine-died` where the process ends without an answer. */
export function forkJobs({ file, args }: JobProgram, signal: AbortSignal): PerformJob {
  return (job, onProgress) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new CancelledError());
        return;
      }
      const child = fork(file, args, { execArgv: ['--expose-gc'], stdio: ['ignore', 2, 2, 'ipc'] });
      const stop = () => void child.kill('SIGKILL');
      signal.addEventListener('abort', stop);
      let answer: ChildMessage | undefined;
      child.on('message', (message) => {
        const told = message as ChildMessage;
        if (told.type === 'progress') onProgress(told.progress);
        else answer = told;
      });
      child.on('error', () => undefined);
      child.once('close', (code, killedBy) => {
        signal.removeEventListener('abort', stop);
        if (signal.aborted) reject(new CancelledError());
        else if (answer?.type === 'result') resolve(answer.result as never);
        else if (answer?.type === 'error') reject(fromWireError(answer.error));
        else reject(died(code, killedBy));
      });
      child.send(job);
    });
}

function died(code: number | null, signal: string | null): AppError {
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`;
  return new AppError('engine-died', `A measuring process ended without an answer: ${how}.`, {
    hint: 'It may have run out of memory: measure shorter prompts with --lengths.',
  });
}
