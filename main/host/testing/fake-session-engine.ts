/** The engine as far as sessions need it: runs that can be stored, stored ones that are attached, tensors in files. */
import { readFileSync, writeFileSync } from 'node:fs';
import { AppError } from '../../../shared/base/app-error.ts';
import type { RunSummary } from '../../../shared/contract/methods.ts';
import type { StoredTrace } from '../../../shared/model/method-views.ts';
import type { StoredRun } from '../../../shared/session/stored-run.ts';
import type { SessionEngine } from '../session-desk.ts';

interface Attached {
  readonly run: StoredRun;
  readonly tensors: Uint8Array | null;
}

export function createFakeSessionEngine() {
  /** Computed runs, by id; their tensors are the bytes of their id. */
  const live = new Map<string, StoredRun>();
  const attached = new Map<string, Attached>();
  const traces = new Map<string, StoredTrace>();
  /** Calls that fail from now on, by method. */
  const broken = new Map<string, AppError>();
  const calls: string[] = [];

  const begin = (method: string, runId: string): void => {
    calls.push(`${method} ${runId}`);
    const error = broken.get(method) ?? broken.get('*');
    if (error) throw error;
  };
  const find = (runId: string): StoredRun => {
    const run = live.get(runId) ?? attached.get(runId)?.run;
    if (!run) throw new AppError('unknown-run', 'This run is no longer held by the engine.');
    return run;
  };

  const handlers: SessionEngine = {
    'method.store': async ({ trace }) => {
      await Promise.resolve();
      begin('store', trace);
      const found = traces.get(trace);
      if (!found) throw new AppError('unknown-run', 'What this method read is no longer held by the engine.');
      return found;
    },
    'method.attach': async ({ stored, runId }) => {
      await Promise.resolve();
      begin('attach trace', runId ?? 'of no run');
      const trace = `trace-${traces.size}`;
      traces.set(trace, stored);
      return { trace };
    },
    'run.store': async ({ runId }) => {
      await Promise.resolve();
      begin('store', runId);
      return find(runId);
    },
    'run.writeTensors': async ({ runId, path }) => {
      await Promise.resolve();
      begin('writeTensors', runId);
      find(runId);
      const bytes = attached.get(runId)?.tensors ?? new TextEncoder().encode(`tensors of ${runId}`);
      writeFileSync(path, bytes);
      return { bytes: bytes.byteLength };
    },
    'run.attach': async ({ runId, run, tensors }): Promise<RunSummary> => {
      await Promise.resolve();
      begin(tensors ? 'attach with tensors' : 'attach', runId);
      const bytes = tensors && readFileSync(tensors.path).subarray(tensors.offset, tensors.offset + tensors.bytes);
      attached.set(runId, { run, tensors: bytes && new Uint8Array(bytes) });
      return { ...run.summary, runId, stored: { tensors: tensors !== null, maps: [], heads: [] } };
    },
    'run.release': async ({ runId }) => {
      await Promise.resolve();
      begin('release', runId);
      attached.delete(runId);
      return null;
    },
  };
  return { handlers, live, attached, traces, broken, calls };
}
