/** The engine: one open model, its runs, and the handlers of every `model.*`, `prompt.*` and `run.*` method. */
import os from 'node:os';
import path from 'node:path';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName } from '../../shared/contract/methods.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { SpillCache } from '../capture/spill-cache.ts';
import { sweepSpills } from '../capture/spill-file.ts';
import { exportRun } from '../capture/export-run.ts';
import type { Architecture } from '../families/family.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { listMethods } from '../methods/list-methods.ts';
import { keysRead, overlapOf, TraceStore } from '../methods/trace-store.ts';
import { openModel, resolveFolder } from '../model/open-model.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { OutputNorms } from '../scores/output-norms.ts';
import { matrixSpeed } from '../ort/measure-speed.ts';
import type { Engine, EngineOptions } from '../public/engine.ts';
import { AttachedRun } from '../session/attached-run.ts';
import { notStored } from '../session/not-stored.ts';
import { writeRunTensors } from '../session/run-tensors.ts';
import { listProbes } from '../probes/index.ts';
import { ProbeStore } from '../probes/probe-store.ts';
import { PatchStore } from '../patching/patch-store.ts';
import { readTaskData, type TaskData } from '../tasks/task-data.ts';
import { createHeadKernel } from '../attention/choose-kernel.ts';
import { createTexels } from '../tiles/create-texels.ts';
import { RestMaps } from '../tiles/rest-maps.ts';
import { TileServer } from '../tiles/tile-server.ts';
import { Circuits } from '../weights/circuits.ts';
import { computeAccuracy, type CurveStore } from './accuracy-curve.ts';
import { computeRun } from './compute-run.ts';
import { generateUnder } from './compute-method-generation.ts';
import { computeMethodTask, type MethodTaskStore } from './compute-method-task.ts';
import { computeMethod } from './compute-methods.ts';
import { alignPair, computePatches, computePaths } from './compute-patching.ts';
import { bestPrompts, runProbe } from './compute-probe.ts';
import { areQuick, scoresDuringRun } from './compute-scores.ts';
import { listTasks, runTask, sampleTask } from './compute-task.ts';
import { generateFrom, generateWithRows } from './compute-generation.ts';
import { computeComposition, computeWeightScores } from './compute-weights.ts';
import { MethodViews } from './method-views.ts';
import { listScores } from './list-scores.ts';
import { LiveRun } from './live-run.ts';
import { checkedPrompt, tokenizePrompt } from './prompt.ts';
import { openParts } from './open-parts.ts';
import type { Opened } from './opened.ts';
import { resolveChoice } from './resolve-choice.ts';
import { ReferenceRuns } from './reference-runs.ts';
import { estimateRun, REACHED_SHARE } from './run-cost.ts';
import { RunStore, type Run } from './run-store.ts';
import { computeDose, computeGreedy, computeHeadSweep, computeImportance, computeRandom } from './run-sweeps.ts';
import type { RunView } from './run-view.ts';
import { Urgency } from './urgency.ts';

/** Share of the capture budget for arrays that were read back from disk. */
const SPILL_SHARE = 0.25;
/** The same of each run that comes from a session file: a clean one and a changed one are open at once. */
const ATTACHED_SHARE = 0.1;
/** The same for runs that interventions take values from. */
const REFERENCE_SHARE = 0.1;
/** Share of the machine's memory that captures may take. */
const CAPTURE_SHARE = 0.4;

export function createEngine(options: EngineOptions): Engine {
  const threads = options.threads ?? os.availableParallelism();
  // Whoever could still read a deleted run has been answered then.
  const urgency = new Urgency(() => opened?.runs.arrays.recycle());
  const spillFolder = options.spillFolder ?? path.join(os.tmpdir(), `headscope-captures-${os.userInfo().uid}`);
  sweepSpills(spillFolder);
  let opened: Opened | undefined;
  /** Runs of session files, by id. They outlive the open model, which they do not need. */
  const attached = new Map<string, AttachedRun>();
  /** Of the open model. */
  const probes = new ProbeStore();
  /** Of the open model, as the probe runs. */
  const patches = new PatchStore();
  const curves: CurveStore = new Map();
  const traces = new TraceStore();
  const methodViews = new MethodViews(traces, options.addon, threads);
  const methodTasks: MethodTaskStore = new Map();
  const budgetBytes = options.captureBudgetBytes ?? CAPTURE_SHARE * memoryBytes();
  let taskDataRead: Promise<TaskData> | undefined;
  const taskData = () => (taskDataRead ??= readTaskData(options.tasks));

  function current(): Opened {
    if (opened === undefined) {
      throw new AppError('no-model', 'No model is open.', { hint: 'Open the shipped model or a model folder.' });
    }
    return opened;
  }

  async function open(path: string, context: CallContext): Promise<Opened> {
    const shipped = path === 'demo';
    const folder = await resolveFolder(shipped ? options.shippedModel : path);
    const model = await openModel({
      folder,
      source: shipped ? 'shipped' : 'folder',
      signal: context.signal,
      onProgress: (progress) => context.progress(progress),
      families: options.families,
    });
    const { architecture } = model;
    const { addon } = loadAddon(options.addon);
    const parts = await openParts(model, options, threads, context.signal);
    const reader = new ScoreReader(architecture, threads);
    const circuits = new Circuits(model, threads);
    const texels = createTexels(addon, architecture, reader, threads);
    return {
      model: { ...model, info: { ...model.info, device: parts.device } },
      ...parts,
      reader,
      norms: new OutputNorms(architecture, async (layer) => (await circuits.output(layer)).weight, threads),
      circuits,
      tiles: new TileServer(texels, (layer) => architecture.slidingWindow[layer] ?? null),
      rest: new RestMaps(architecture, () => createHeadKernel(options.addon, architecture.headDim, threads)),
      runs: new RunStore(budgetBytes),
      spillFolder,
      spillCache: new SpillCache(spillCacheBytes(architecture, budgetBytes)),
      references: new ReferenceRuns(REFERENCE_SHARE * budgetBytes),
      taskData,
      speed: REACHED_SHARE * (await matrixSpeed(threads)),
    };
  }

  /** Frees a model that is no longer the open one, once the requests that still look into its runs are answered. */
  async function dispose(old: Opened | undefined): Promise<void> {
    if (old === undefined) return;
    old.runs.clear();
    await urgency.turn();
    await old.sessions.dispose();
    await old.kernel.dispose();
    await old.reader.dispose();
    await old.rest.dispose();
    await old.norms.dispose();
    await old.circuits.dispose();
  }

  function jobOf(context: CallContext): Job {
    return { signal: context.signal, progress: (progress) => context.progress(progress), turn: urgency.turn };
  }

  /** Of an interactive request, which nothing overtakes. */
  function urgentJobOf(context: CallContext): Job {
    return { signal: context.signal, progress: (progress) => context.progress(progress) };
  }

  /** Throws `unknown-run`, and `no-model` where a run could only be one of an open model. */
  function runOf(runId: string): RunView {
    const found = attached.get(runId);
    if (found !== undefined) return found;
    const state = current();
    return new LiveRun(state, state.runs.get(runId));
  }

  /** Throws `not-stored` for a run of a session file, which forwards cannot be made of. */
  async function sweep<P, R>(
    runId: string,
    compute: (of: Opened, run: Run, request: P, job: Job) => Promise<R>,
    request: P,
    context: CallContext,
  ): Promise<R> {
    if (attached.has(runId)) throw notStored('what a sweep begins from');
    const state = current();
    return compute(state, state.runs.get(runId), request, jobOf(context));
  }

  /** Once the requests that still look into it are answered. */
  async function detach(runId: string): Promise<void> {
    const old = attached.get(runId);
    attached.delete(runId);
    if (old === undefined) return;
    await urgency.turn();
    await old.dispose();
  }

  const handlers: Handlers<EngineMethodName> = {
    'model.open': ({ path }, context) =>
      urgency.batch(context.signal, async () => {
        // The old model stays open until the new one is known to be good.
        const next = await open(path, context);
        if (context.signal.aborted) {
          await dispose(next);
          throw new CancelledError();
        }
        const old = opened;
        opened = next;
        probes.clear();
        patches.clear();
        curves.clear();
        traces.clear();
        methodTasks.clear();
        await dispose(old);
        return next.model.info;
      }),

    'prompt.tokenize': ({ prompt }) =>
      urgency.interactive(() => Promise.resolve(tokenizePrompt(current().model, prompt))),

    'run.estimate': ({ tokens }) => Promise.resolve(estimateRun(current(), tokens)),

    'run.start': ({ prompt, interventions, finalNorm, cut, ...choice }, context) =>
      urgency.batch(context.signal, async () => {
        const state = current();
        const checked = checkedPrompt(state.model, prompt, cut);
        const job = jobOf(context);
        const reading = choice.scores && scoresDuringRun(state, choice, job);
        const run = await computeRun(state, checked, interventions, job, finalNorm, reading);
        return new LiveRun(state, run).summary(checked.cutTokens);
      }),

    'run.release': async ({ runId }) => {
      opened?.runs.delete(runId);
      await detach(runId);
      return null;
    },

    'run.scores': async ({ runId, ...choice }, context) => {
      const ask = async (job: Job) => ({ scores: await runOf(runId).scores(choice, job) });
      return attached.has(runId) || areQuick(choice)
        ? urgency.interactive(() => ask(urgentJobOf(context)))
        : urgency.batch(context.signal, () => ask(jobOf(context)));
    },

    'score.list': () => Promise.resolve({ scores: listScores() }),
    'model.scores': (choice, context) =>
      urgency.batch(context.signal, async () => ({
        scores: await computeWeightScores(current(), choice, jobOf(context)),
      })),

    'model.composition': ({ layer, head, kind }, context) =>
      urgency.batch(context.signal, () => computeComposition(current(), { layer, head }, kind, jobOf(context))),

    'run.sinks': ({ runId, threshold }, { signal }) =>
      urgency.interactive(async () => runOf(runId).sinks(threshold, signal)),

    'run.spans': ({ runId, spans }, context) =>
      urgency.batch(context.signal, async () => ({ scores: await runOf(runId).spans(spans, jobOf(context)) })),

    'run.distances': ({ runId }) => urgency.interactive(async () => runOf(runId).distances()),
    'run.descriptors': ({ runId }, context) =>
      urgency.batch(context.signal, async () => runOf(runId).descriptors(jobOf(context))),

    'run.attribution': ({ runId, ...request }, context) =>
      urgency.batch(context.signal, async () => runOf(runId).attribution(request, jobOf(context))),

    'run.influence': ({ runId, heads }, context) =>
      urgency.batch(context.signal, async () => runOf(runId).influence(heads, jobOf(context))),

    'run.tile': (params, { signal }) =>
      urgency.interactive(async () => {
        const { runId, minus } = params;
        return runOf(runId).tile(params, minus && { run: runOf(minus.runId), head: minus }, params, signal);
      }),

    'run.region': (params, { signal }) => urgency.interactive(async () => runOf(params.runId).region(params, signal)),

    'run.miniatures': ({ runId }) => urgency.interactive(async () => runOf(runId).miniatures()),

    'run.token': (params, { signal }) =>
      urgency.interactive(async () => runOf(params.runId).token(params, params.index, signal)),

    'run.head': (params, { signal }) => urgency.interactive(async () => runOf(params.runId).head(params, signal)),

    'run.cell': ({ query, key, skipKeys = 0, ...head }) =>
      urgency.interactive(async () => runOf(head.runId).cell(head, query, key, skipKeys)),

    'generate.start': (params, context) =>
      urgency.batch(context.signal, () => generateFrom(current(), params, jobOf(context))),

    'task.list': async () => ({ tasks: listTasks({ model: current().model, data: await taskData() }) }),

    'task.sample': (params) => urgency.interactive(async () => sampleTask(current(), await taskData(), params)),

    'task.run': (params, context) =>
      urgency.batch(context.signal, async () => runTask(current(), await taskData(), params, jobOf(context))),

    'probe.run': (params, context) =>
      urgency.batch(context.signal, async () => runProbe(current(), await taskData(), probes, params, jobOf(context))),

    'probe.list': async () => ({ probes: listProbes({ model: current().model, data: await taskData() }) }),

    'probe.best': (params) =>
      urgency.interactive(() => Promise.resolve({ prompts: bestPrompts(current(), probes, params) })),

    'run.logits': ({ runId, position, tokens }) =>
      urgency.interactive(async () => runOf(runId).logits(position, tokens)),
    'run.keyRemovals': ({ runId, query, target, ...head }, { signal }) =>
      urgency.interactive(async () => runOf(runId).keyRemovals(head, query, target, signal)),

    'sweep.heads': ({ runId, ...request }, context) =>
      urgency.batch(context.signal, () => sweep(runId, computeHeadSweep, request, context)),
    'sweep.greedy': ({ runId, ...request }, context) =>
      urgency.batch(context.signal, () => sweep(runId, computeGreedy, request, context)),
    'sweep.dose': ({ runId, ...request }, context) =>
      urgency.batch(context.signal, () => sweep(runId, computeDose, request, context)),
    'sweep.random': ({ runId, ...request }, context) =>
      urgency.batch(context.signal, () => sweep(runId, computeRandom, request, context)),
    'sweep.importance': ({ runId, ...request }, context) =>
      urgency.batch(context.signal, () => sweep(runId, computeImportance, request, context)),
    'sweep.accuracy': (params, context) =>
      urgency.batch(context.signal, async () =>
        computeAccuracy(current(), await taskData(), curves, params, jobOf(context)),
      ),
    'patch.align': (params, { signal }) => urgency.interactive(async () => alignPair(current(), params, { signal })),
    'patch.run': (params, context) =>
      urgency.batch(context.signal, () => computePatches(current(), patches, params, jobOf(context))),
    'patch.paths': (params, context) =>
      urgency.batch(context.signal, () => computePaths(current(), patches, params, jobOf(context))),

    'method.list': () => Promise.resolve({ methods: listMethods() }),
    'method.resolve': (params) =>
      urgency.interactive(async () => Promise.resolve(resolveChoice(current().model.architecture, params))),
    'method.run': ({ runId, ...request }, context) =>
      urgency.batch(context.signal, () =>
        sweep(
          runId,
          (of, run, asked: typeof request, job) => computeMethod(of, run, traces, asked, job),
          request,
          context,
        ),
      ),
    'method.generate': (params, context) =>
      urgency.batch(context.signal, () => generateUnder(current(), traces, params, jobOf(context))),
    'method.task': (params, context) =>
      urgency.batch(context.signal, async () =>
        computeMethodTask(current(), await taskData(), methodTasks, params, jobOf(context)),
      ),
    'method.kept': ({ trace, ...at }) =>
      urgency.interactive(async () => Promise.resolve({ keys: keysRead(traces.get(trace), at) })),
    'method.rows': (params) => urgency.interactive(async () => Promise.resolve(methodViews.rows(params))),
    'method.row': (params) => urgency.interactive(async () => Promise.resolve(methodViews.row(params))),
    'method.step': (params, context) => urgency.interactive(async () => methodViews.step(params, urgentJobOf(context))),
    'method.key': (params, context) => urgency.interactive(async () => methodViews.key(params, urgentJobOf(context))),
    'method.tile': (params, context) => urgency.interactive(async () => methodViews.tile(params, urgentJobOf(context))),
    'method.store': ({ trace }, context) =>
      urgency.batch(context.signal, async () => methodViews.store(trace, jobOf(context))),
    'method.attach': ({ stored, runId }, context) =>
      urgency.interactive(async () =>
        methodViews.attach(stored, runId === null ? null : () => runOf(runId), urgentJobOf(context)),
      ),
    'method.overlap': ({ traces: [one, other] }, context) =>
      urgency.batch(context.signal, async () => ({
        values: await overlapOf(traces.get(one), traces.get(other), breather(jobOf(context))),
      })),

    'run.compare': ({ clean, changed }, context) => {
      const compare = (job: Job) => runOf(changed).compare(runOf(clean), job);
      // What is stored need not wait for what is computed.
      return attached.has(changed)
        ? urgency.interactive(async () => compare(urgentJobOf(context)))
        : urgency.batch(context.signal, () => compare(jobOf(context)));
    },

    'run.store': ({ runId, clean, ...choice }, context) =>
      urgency.interactive(async () =>
        runOf(runId).store(choice, clean === null ? null : runOf(clean), urgentJobOf(context)),
      ),

    'run.writeTensors': ({ runId, path }, context) =>
      urgency.interactive(async () => ({
        bytes: await writeRunTensors(path, runOf(runId).tensors(), urgentJobOf(context)),
      })),

    'run.attach': async ({ runId, run, tensors }) => {
      const cacheBytes = ATTACHED_SHARE * budgetBytes;
      const next = await AttachedRun.create(runId, run, tensors, { addon: options.addon, threads, cacheBytes });
      opened?.runs.delete(runId);
      const left = detach(runId);
      attached.set(runId, next);
      await left;
      return next.summary;
    },
  };

  return {
    handlers,
    exportRun: (request, context) =>
      urgency.batch(context.signal, () => {
        const state = current();
        return exportRun(state, state.runs.get(request.runId), request, jobOf(context));
      }),
    generateWithRows: (params, context) =>
      urgency.batch(context.signal, () => generateWithRows(current(), params, jobOf(context))),
    dispose: async () => {
      const old = opened;
      opened = undefined;
      for (const runId of [...attached.keys()]) await detach(runId);
      await dispose(old);
      await methodViews.dispose();
    },
  };
}

/** At least Q and K of one layer at full context: what single cells are read from, again and again. */
function spillCacheBytes({ heads, kvHeads, headDim, context }: Architecture, budgetBytes: number): number {
  return Math.max(SPILL_SHARE * budgetBytes, 4 * context * (heads + kvHeads) * headDim);
}

/** What this process may use: a container's limit counts where there is one. */
function memoryBytes(): number {
  return Math.min(os.totalmem(), process.constrainedMemory() || Infinity);
}
