/** What it takes to measure every sparse method on a run (F1), beside the run itself. */
import { openModel } from '../model/open-model.ts';
import { methods } from '../methods/index.ts';
import { runMethod } from '../methods/run-method.ts';
import { OutputNorms } from '../scores/output-norms.ts';
import { Circuits } from '../weights/circuits.ts';
import { benchIds } from './bench-ids.ts';
import type { MethodsJob, MethodsMeasured, NotRun } from './job.ts';
import { warmRuns } from './measure-runs.ts';
import { chooseKernel, openForward } from './open-forward.ts';
import { watchPeakMemory } from './peak-memory.ts';
import { QUIET } from './quiet-job.ts';

/** Share of the tokens that methods take for the prompt. */
const PROMPT_SHARE = 0.75;

/**
 * In each round one forward, whose capture no method has seen, and then every method once at a budget of its own, so that
 * what methods share is made once a round.
 */
export async function measureMethods({
  folder,
  tokens,
  threads,
  addon,
}: MethodsJob): Promise<MethodsMeasured | NotRun> {
  const model = await openModel({ folder, source: 'folder' });
  const { architecture } = model;
  const chosen = chooseKernel('best', addon);
  if ('notRun' in chosen) return chosen;
  const forward = await openForward(model, chosen.create, { threads, addon });
  const { kernel } = forward;
  const circuits = new Circuits(model, threads);
  const output = async (layer: number) => (await circuits.output(layer)).weight;
  const norms = new OutputNorms(architecture, output, threads);
  try {
    if (!kernel.gathersExtras) return { notRun: 'Methods need the attention addon.' };
    const ids = benchIds(tokens, architecture.vocabSize);
    const promptLength = Math.floor(PROMPT_SHARE * tokens);
    const forwardMs: number[] = [];
    const timed = methods.map(({ info }) => ({ method: info.id, selected: 0, ms: [] as number[] }));
    const round = async () => {
      globalThis.gc?.();
      const started = performance.now();
      const capture = await forward.run({ ids }, QUIET);
      forwardMs.push(performance.now() - started);
      const parts = { architecture, capture, kernel, norms };
      for (const [at, method] of methods.entries()) {
        const begun = performance.now();
        const [result] = await runMethod(parts, { method, parameters: {}, budgets: [null], promptLength }, QUIET);
        timed[at]!.ms.push(performance.now() - begun);
        timed[at]!.selected = result!.density.selected;
      }
    };
    const started = performance.now();
    await round();
    const rounds = warmRuns(performance.now() - started);
    const peak = watchPeakMemory();
    for (let done = 0; done < rounds; done++) await round();
    const warm = (all: readonly number[]) => ({ firstMs: all[0]!, warmMs: all.slice(1) });
    return {
      promptLength,
      forward: warm(forwardMs),
      methods: timed.map(({ ms, ...each }) => ({ ...each, ...warm(ms) })),
      peakExtraBytes: peak(),
    };
  } finally {
    await norms.dispose();
    await circuits.dispose();
    await forward.dispose();
  }
}
