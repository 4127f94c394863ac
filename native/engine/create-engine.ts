/** The engine: one open model, its runs, and the handlers of every `model.*`, `prompt.*` and `run.*` method. */
import os from 'node:os';
import path from 'node:path';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { EngineMethodName } from '../../shared/contract/methods.ts';
import { loadAddon } from '../attention/load-addon.ts';
import type { Capture } from '../capture/capture.ts';
import { SpillCache } from '../capture/spill-cache.ts';
import { sweepSpills } from '../capture/spill-file.ts';
import { exportRun } from '../capture/export-run.ts';
import type { Architecture } from '../families/family.ts';
import type { Job } from '../forward/checkpoint.ts';
import { openModel, resolveFolder } from '../model/open-model.ts';
import { headProfile, readCell, tokenAttention } from '../pattern/head-profile.ts';
import { readRegion } from '../pattern/read-region.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { matrixSpeed } from '../ort/measure-speed.ts';
import type { Engine, EngineOptions } from '../public/engine.ts';
import { scores, scoreTable } from '../scores/index.ts';
import { readTaskData, type TaskData } from '../tasks/task-data.ts';
import { miniatures } from '../tiles/miniatures.ts';
import { addonTexels } from '../tiles/addon-texels.ts';
import { readerTexels } from '../tiles/reader-texels.ts';
import { TileServer } from '../tiles/tile-server.ts';
import { compareRuns, computeRun, summarizeRun } from './compute-run.ts';
import { gainsOf } from './gains.ts';
import { listTasks, runTask, sampleTask, scoreTask } from './compute-task.ts';
import { generateFrom, generateWithRows } from './compute-generation.ts';
import { checkedPrompt, tokenizePrompt } from './prompt.ts';
import { openParts } from './open-parts.ts';
import type { Opened } from './opened.ts';
import { estimateRun, REACHED_SHARE } from './run-cost.ts';
import { RunStore } from './run-store.ts';
import { scoreContextOf } from './score-context.ts';
import { Urgency } from './urgency.ts';

/** Share of the capture budget for arrays that were read back from disk. */
const SPILL_SHARE = 0.25;
/** Share of the machine's memory that captures may take. */
const CAPTURE_SHARE = 0.4;

export function createEngine(options: EngineOptions): Engine {
  const threads = options.threads ?? os.availableParallelism();
  const urgency = new Urgency();
  const spillFolder = options.spillFolder ?? path.join(os.tmpdir(), `headscope-captures-${os.userInfo().uid}`);
  sweepSpills(spillFolder);
  let opened: Opened | undefined;
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
    });
    const { architecture } = model;
    const { addon } = loadAddon(options.addon);
    const parts = await openParts(model, options, threads, context.signal);
    const reader = new ScoreReader(architecture, threads);
    const budgetBytes = options.captureBudgetBytes ?? CAPTURE_SHARE * memoryBytes();
    const texels = addon === null ? readerTexels(reader) : addonTexels(addon, architecture, threads);
    return {
      model: { ...model, info: { ...model.info, device: parts.device } },
      ...parts,
      reader,
      tiles: new TileServer(texels, (layer) => architecture.slidingWindow[layer] ?? null),
      runs: new RunStore(budgetBytes),
      spillFolder,
      spillCache: new SpillCache(spillCacheBytes(architecture, budgetBytes)),
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
  }

  function jobOf(context: CallContext): Job {
    return { signal: context.signal, progress: (progress) => context.progress(progress), turn: urgency.turn };
  }

  function headOf(state: Opened, { runId, layer, head }: { runId: string; layer: number; head: number }): Capture {
    const { layers, heads } = state.model.architecture;
    if (layer >= layers || head >= heads) gainsOf(state.model.architecture, [{ what: 'zero', where: { layer, head } }]);
    return state.runs.get(runId).capture;
  }

  function checkPosition(capture: Capture, name: string, index: number): void {
    if (index < capture.tokens) return;
    throw new AppError('bad-request', `${name} ${index} is past the last token, ${capture.tokens - 1}.`);
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
        await dispose(old);
        return next.model.info;
      }),

    'prompt.tokenize': ({ prompt }) =>
      urgency.interactive(() => Promise.resolve(tokenizePrompt(current().model, prompt))),

    'run.estimate': ({ tokens }) => Promise.resolve(estimateRun(current(), tokens)),

    'run.start': ({ prompt, interventions, cut }, context) =>
      urgency.batch(context.signal, async () => {
        const state = current();
        const checked = checkedPrompt(state.model, prompt, cut);
        const run = await computeRun(state, checked, interventions, jobOf(context));
        return summarizeRun(state, run, checked.cutTokens);
      }),

    'run.release': ({ runId }) => {
      opened?.runs.delete(runId);
      return Promise.resolve(null);
    },

    'run.scores': ({ runId }, context) =>
      urgency.interactive(async () => {
        const state = current();
        const { capture } = state.runs.get(runId);
        const { context: scoreContext, breathe } = await scoreContextOf(state, capture, context.signal);
        const tables = [];
        for (const score of scores) tables.push(await scoreTable(score, scoreContext, breathe));
        return { scores: tables };
      }),

    'run.tile': (params, { signal }) =>
      urgency.interactive(() => {
        const state = current();
        const { minus, layer, head } = params;
        const map = { capture: headOf(state, params), layer, head };
        const other = minus && { ...minus, capture: headOf(state, minus) };
        return state.tiles.tile(map, other, params, signal);
      }),

    'run.region': (params, { signal }) =>
      urgency.interactive(() => {
        const state = current();
        return readRegion(state.reader, headOf(state, params), params, signal);
      }),

    'run.miniatures': ({ runId }) =>
      urgency.interactive(() => {
        const state = current();
        return Promise.resolve(miniatures(state.runs.get(runId).capture, state.model.architecture));
      }),

    'run.token': (params) =>
      urgency.interactive(() => {
        const state = current();
        const capture = headOf(state, params);
        checkPosition(capture, 'Token', params.index);
        return Promise.resolve(tokenAttention(state.reader, capture, params.layer, params.head, params.index));
      }),

    'run.head': (params) =>
      urgency.interactive(() => {
        const state = current();
        return Promise.resolve(headProfile(state.reader, headOf(state, params), params.layer, params.head));
      }),

    'run.cell': (params) =>
      urgency.interactive(() => {
        const state = current();
        const capture = headOf(state, params);
        const { layer, head, query, key } = params;
        checkPosition(capture, 'Query', query);
        const { first, last } = state.reader.visibleKeys(layer, query);
        if (key < first || key > last) {
          throw new AppError('bad-request', `Query ${query} cannot see key ${key}: it sees ${first} to ${last}.`);
        }
        return Promise.resolve(readCell(state.reader, capture, layer, head, query, key));
      }),

    'generate.start': (params, context) =>
      urgency.batch(context.signal, () => generateFrom(current(), params, jobOf(context))),

    'task.list': async () => ({ tasks: listTasks({ model: current().model, data: await taskData() }) }),

    'task.sample': (params) => urgency.interactive(async () => sampleTask(current(), await taskData(), params)),

    'task.run': (params, context) =>
      urgency.batch(context.signal, async () => runTask(current(), await taskData(), params, jobOf(context))),

    'task.scores': (params, context) =>
      urgency.batch(context.signal, async () => scoreTask(current(), await taskData(), params, jobOf(context))),

    'run.compare': ({ clean, changed }, context) =>
      urgency.batch(context.signal, () => {
        const state = current();
        return compareRuns(state, state.runs.get(clean), state.runs.get(changed), jobOf(context));
      }),
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
    dispose: () => {
      const old = opened;
      opened = undefined;
      return dispose(old);
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
