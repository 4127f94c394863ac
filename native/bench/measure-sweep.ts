/** What a sweep over all heads costs beside as many full forwards, with the same reading of what comes out. */
import { STATISTICS_ONLY } from '../capture/capture-keeper.ts';
import { logitRows, tokenNll } from '../forward/likelihoods.ts';
import { planInterventions, type PlanContext } from '../interventions/plan.ts';
import { openModel } from '../model/open-model.ts';
import { EffectReader } from '../sweeps/effect-reader.ts';
import type { SweepContext } from '../sweeps/sweep-context.ts';
import { allPlaces, placeTrials, runTrials, startSweep } from '../sweeps/sweep-places.ts';
import { sweepWork } from '../sweeps/sweep-work.ts';
import { benchIds } from './bench-ids.ts';
import type { SweepJob, SweepMeasured } from './job.ts';
import { warmRuns } from './measure-runs.ts';
import { chooseKernel, openForward } from './open-forward.ts';
import { watchPeakMemory } from './peak-memory.ts';
import { QUIET } from './quiet-job.ts';

/**
 * Every head zeroed alone. Layer by layer the sweep's forwards take turns with full ones under the same change, which
 * keep the default statistics as every run does; both are read by the same reader. Throws where they differ.
 */
export async function measureSweep({ folder, tokens, threads, addon }: SweepJob): Promise<SweepMeasured> {
  const model = await openModel({ folder, source: 'folder' });
  const { architecture } = model;
  const { layers, heads, vocabSize } = architecture;
  const kernel = chooseKernel('best', addon);
  if ('notRun' in kernel) throw new Error(kernel.notRun);
  const forward = await openForward(model, kernel.create, { threads, addon });
  const ids = benchIds(tokens, vocabSize);
  const capture = await forward.run({ ids }, QUIET);
  const planned: PlanContext = {
    model: architecture,
    ids,
    classes: () => new Uint8Array(tokens),
    runPrompt: () => Promise.resolve(capture),
    samples: () => Promise.resolve([]),
  };
  const context: SweepContext = {
    model: forward,
    capture,
    nll: await tokenNll(forward, capture, QUIET),
    edits: { layer: () => null },
    plan: (added, job) => planInterventions(planned, added, job),
  };
  const peak = watchPeakMemory();
  const source = {
    model: forward,
    capture,
    logits: (of: typeof capture, start: number, end: number) => logitRows(forward, of, start, end),
  };
  const reader = await EffectReader.of(source, { position: null, token: null, against: null }, QUIET);
  const places = allPlaces('head', architecture);
  const trials = placeTrials(context, { what: 'zero' }, places);
  const ofLayer = (layer: number) => trials.slice(layer * heads, (layer + 1) * heads);
  const sweepLayer = (layer: number) =>
    runTrials(context, ofLayer(layer), startSweep(heads), (changed, job) => reader.read(changed, job), QUIET);
  const fullLayer = async (layer: number) => {
    const effects = [];
    for (const where of places.slice(layer * heads, (layer + 1) * heads)) {
      const { layer: edit } = await context.plan([{ what: 'zero', where }], QUIET);
      effects.push(await reader.read(await forward.run({ ids, edit, keeper: STATISTICS_ONLY }, QUIET), QUIET));
    }
    return effects;
  };
  // Sessions are opened, and the memory of the sweep alone is known.
  for (let layer = 0; layer < layers; layer++) await sweepLayer(layer);
  const peakExtraBytes = peak();
  const timings = { sweep: [] as number[], full: [] as number[] };
  for (let rounds = 1; timings.sweep.length < rounds;) {
    const sums = { sweep: 0, full: 0 };
    for (let layer = 0; layer < layers; layer++) {
      const swept = await timed(() => sweepLayer(layer));
      const whole = await timed(() => fullLayer(layer));
      if (JSON.stringify(swept.result) !== JSON.stringify(whole.result)) {
        throw new Error(`Full forwards give other effects than the sweep in layer ${layer}.`);
      }
      sums.sweep += swept.milliseconds;
      sums.full += whole.milliseconds;
    }
    timings.sweep.push(sums.sweep);
    timings.full.push(sums.full);
    rounds = warmRuns(sums.full);
  }
  const { flopBound } = sweepWork(
    context,
    places.map(({ layer }) => layer),
    0,
  );
  await forward.dispose();
  const told = (warmMs: readonly number[]) => ({ firstMs: warmMs[0]!, warmMs });
  return { heads: places.length, flopBound, sweep: told(timings.sweep), full: told(timings.full), peakExtraBytes };
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly milliseconds: number }> {
  const started = performance.now();
  const result = await work();
  return { result, milliseconds: performance.now() - started };
}
