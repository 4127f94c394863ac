import { AppError } from '../../shared/base/app-error.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName } from '../../shared/contract/methods.ts';
import type { FigureModel } from '../../shared/figure/source.ts';
import type { RunSummary } from '../../shared/model/run.ts';

/** A run with the model that it is of, which need not be the open one. */
export interface KnownRun {
  readonly summary: RunSummary;
  readonly model: FigureModel;
}

/** The engine tells of a run once, when it is made: who draws figures of it later must have listened. */
export interface KnownRuns {
  /** The engine's, listened to. */
  readonly handlers: Handlers<EngineMethodName>;
  /** Throws `unknown-run`. */
  runOf(runId: string): KnownRun;
}

/** More than an engine holds. */
const MOST_RUNS = 64;

export function listenForRuns(engine: Handlers<EngineMethodName>): KnownRuns {
  const runs = new Map<string, KnownRun>();
  let model: FigureModel | undefined;

  const remember = (summary: RunSummary, of: FigureModel): RunSummary => {
    runs.delete(summary.runId);
    runs.set(summary.runId, { summary, model: of });
    for (const oldest of runs.keys()) {
      if (runs.size <= MOST_RUNS) break;
      runs.delete(oldest);
    }
    return summary;
  };

  return {
    handlers: {
      ...engine,
      'model.open': async (params, context) => (model = await engine['model.open'](params, context)),
      'run.start': async (params, context) => {
        const summary = await engine['run.start'](params, context);
        return model ? remember(summary, model) : summary;
      },
      'run.attach': async (params, context) => remember(await engine['run.attach'](params, context), params.run.model),
      'run.release': (params, context) => {
        runs.delete(params.runId);
        return engine['run.release'](params, context);
      },
    },
    runOf(runId) {
      const run = runs.get(runId);
      if (run) return run;
      throw new AppError('unknown-run', 'The run of the figure is not there any more.', {
        hint: 'Run the prompt again, or open the session again.',
      });
    },
  };
}
