/** The engine: one open model, its runs, and the handlers of every `model.*`, `prompt.*` and `run.*` method. */
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { ComparedChoice, EngineMethodName, RunSummary, TokenChoice } from '../../shared/contract/methods.ts';
import { interventionsKey, type Intervention } from '../../shared/model/intervention.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import { captureBytes, type Capture } from '../capture/capture.ts';
import { exportRun } from '../capture/export-run.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { logitRows, softmax, tokenKl, tokenNll, topChoices } from '../forward/likelihoods.ts';
import { SegmentSessions } from '../forward/segment-sessions.ts';
import { openModel, resolveFolder, type OpenModel } from '../model/open-model.ts';
import { PROVIDER } from '../ort/session.ts';
import { headProfile, readCell, tokenAttention } from '../pattern/head-profile.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import type { Engine, EngineOptions } from '../public/engine.ts';
import { scores, scoreTable } from '../scores/index.ts';
import { computeTile } from '../tiles/tile.ts';
import { gainsOf } from './gains.ts';
import { checkedPrompt, tokenizePrompt } from './prompt.ts';
import type { Opened } from './opened.ts';
import { RunStore, type Run } from './run-store.ts';
import { Urgency } from './urgency.ts';

const TOP_CHOICES = 10;
/** Share of the machine's memory that captures may take. */
const CAPTURE_SHARE = 0.4;
/** Computing in JavaScript lets messages through after so long. */
const LONGEST_STRETCH_MS = 25;
const GUESSED_SPEED = 4e7;
const CALIBRATION_TOKENS = 128;

export function createEngine(options: EngineOptions): Engine {
  const threads = options.threads ?? os.availableParallelism();
  const urgency = new Urgency();
  let opened: Opened | undefined;

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
    const { architecture, weights, weightsFolder, info } = model;
    const sessions = new SegmentSessions({
      architecture,
      weights,
      weightsFolder,
      parameters: info.parameters,
      threads,
    });
    return {
      model,
      sessions,
      kernel: await createOnnxKernel(architecture, threads),
      reader: new ScoreReader(architecture, threads),
      runs: new RunStore(options.captureBudgetBytes ?? CAPTURE_SHARE * memoryBytes()),
      speed: GUESSED_SPEED,
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

  async function choices(
    { model, sessions }: Opened,
    capture: Capture,
  ): Promise<{ top: TokenChoice[]; probabilities: Float64Array }> {
    const last = capture.tokens - 1;
    const logits = await logitRows({ architecture: model.architecture, sessions }, capture, last, last + 1);
    const top = topChoices(logits, TOP_CHOICES).map((choice) => ({
      ...choice,
      display: model.tokenizer.describe(choice.id).display,
    }));
    return { top, probabilities: softmax(logits) };
  }

  async function summarize(state: Opened, run: Run, cutTokens: number): Promise<RunSummary> {
    return {
      runId: run.runId,
      modelId: state.model.info.modelId,
      ids: run.capture.ids,
      tokens: run.tokens,
      interventions: run.interventions,
      computedFrom: run.capture.computedFrom,
      next: (await choices(state, run.capture)).top,
      nll: run.nll,
      cutTokens,
      badges: ['exact'],
      provider: PROVIDER,
      milliseconds: run.milliseconds,
      captureBytes: run.bytes,
    };
  }

  /** Computes a run, or finds it by key. A changed run resumes the clean one at the first changed layer. */
  async function compute(
    state: Opened,
    prompt: Pick<Run, 'tokens'> & { readonly ids: Int32Array },
    interventions: readonly Intervention[],
    job: Job,
  ): Promise<Run> {
    const { architecture, info } = state.model;
    const { ids, tokens } = prompt;
    const key = `${info.modelId}|${Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString('base64')}|${interventionsKey(interventions)}`;
    const known = state.runs.findByKey(key);
    if (known !== undefined) return known;

    const gains = gainsOf(architecture, interventions);
    const bytes = captureBytes(architecture, ids.length);
    if (bytes > state.runs.budgetBytes) {
      throw new AppError(
        'too-large',
        `A run of ${ids.length} tokens would hold ${gibibytes(bytes)} GiB; the limit here is ${gibibytes(state.runs.budgetBytes)} GiB.`,
        {
          hint: 'Shorten the prompt.',
        },
      );
    }
    const clean = interventions.length === 0 ? undefined : await compute(state, prompt, [], job);
    const started = performance.now();
    const resume = clean === undefined ? undefined : { capture: clean.capture, fromLayer: gains.firstLayer };
    const model = { architecture, sessions: state.sessions, kernel: state.kernel };
    const capture = await runForward(model, { ids, gain: gains.of, ...(resume === undefined ? {} : { resume }) }, job);
    const nll = await tokenNll(model, capture, job);
    const milliseconds = performance.now() - started;
    if (clean === undefined)
      state.speed = calibrated(state.speed, runWork(state.model, ids.length) / milliseconds, ids.length);
    const computed = (architecture.layers - capture.computedFrom) / architecture.layers;
    const run: Run = {
      runId: randomUUID(),
      key,
      capture,
      tokens,
      interventions,
      nll,
      milliseconds,
      bytes: Math.round(bytes * computed),
    };
    state.runs.add(run);
    return run;
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

    'run.estimate': ({ tokens }) => {
      const { model, speed, runs } = current();
      const bytes = captureBytes(model.architecture, tokens);
      const milliseconds = runWork(model, tokens) / speed;
      return Promise.resolve({ tokens, milliseconds, bytes, fits: bytes <= runs.budgetBytes });
    },

    'run.start': ({ prompt, interventions, cut }, context) =>
      urgency.batch(context.signal, async () => {
        const state = current();
        const checked = checkedPrompt(state.model, prompt, cut);
        const run = await compute(state, checked, interventions, jobOf(context));
        return summarize(state, run, checked.cutTokens);
      }),

    'run.release': ({ runId }) => {
      opened?.runs.delete(runId);
      return Promise.resolve(null);
    },

    'run.scores': ({ runId }, context) =>
      urgency.interactive(async () => {
        const state = current();
        const { capture } = state.runs.get(runId);
        const { architecture, info } = state.model;
        let paused = performance.now();
        const breathe = async () => {
          if (performance.now() - paused < LONGEST_STRETCH_MS) return;
          await new Promise<void>((resolve) => setImmediate(resolve));
          if (context.signal.aborted) throw new CancelledError();
          paused = performance.now();
        };
        const scoreContext = {
          capture,
          layers: architecture.layers,
          heads: architecture.heads,
          bos: info.bos !== null && capture.ids[0] === info.bos.id,
          probability: (layer: number, head: number, query: number, key: number) =>
            state.reader.probability(capture, layer, head, query, key),
        };
        const tables = [];
        for (const score of scores) tables.push(await scoreTable(score, scoreContext, breathe));
        return { scores: tables };
      }),

    'run.tile': (params, { signal }) =>
      urgency.interactive(() => {
        const state = current();
        return computeTile(state.reader, headOf(state, params), params.layer, params.head, params, signal);
      }),

    'run.token': (params) =>
      urgency.interactive(() => {
        const state = current();
        const capture = headOf(state, params);
        checkPosition(capture, 'Token', params.index);
        return Promise.resolve(tokenAttention(state.reader, capture, params.layer, params.head, params.index));
      }),

    'run.head': (params, { signal }) =>
      urgency.interactive(() => {
        const state = current();
        return headProfile(state.reader, headOf(state, params), params.layer, params.head, signal);
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

    'run.compare': ({ clean: cleanId, changed: changedId }, context) =>
      urgency.batch(context.signal, async () => {
        const state = current();
        const clean = state.runs.get(cleanId);
        const changed = state.runs.get(changedId);
        if (clean.capture.ids.join() !== changed.capture.ids.join()) {
          throw new AppError('bad-request', 'The two runs have different tokens.', {
            hint: 'Compare runs of the same prompt.',
          });
        }
        const model = { architecture: state.model.architecture, sessions: state.sessions };
        const klPerToken = await tokenKl(model, clean.capture, changed.capture, jobOf(context));
        const before = await choices(state, clean.capture);
        const after = await choices(state, changed.capture);
        const compared = (top: readonly TokenChoice[]): ComparedChoice[] =>
          top.map(({ id, display }) => ({
            id,
            display,
            clean: before.probabilities[id]!,
            changed: after.probabilities[id]!,
          }));
        return {
          kl: klPerToken.at(-1)!,
          klPerToken,
          nllDelta: changed.nll.map((value, i) => value - clean.nll[i]!),
          before: compared(before.top),
          after: compared(after.top),
        };
      }),
  };

  return {
    handlers,
    exportRun: (request, context) =>
      urgency.batch(context.signal, () => {
        const state = current();
        return exportRun(state, state.runs.get(request.runId), request, jobOf(context));
      }),
    dispose: () => {
      const old = opened;
      opened = undefined;
      return dispose(old);
    },
  };
}

/** Operations of a full run: what the estimate and the measured speed count in. */
function runWork({ architecture, info }: OpenModel, tokens: number): number {
  const { layers, heads, headDim } = architecture;
  // A causal row sees half of the keys on average; a cell costs two products of 2 x dh operations.
  return 2 * info.parameters * tokens + 2 * layers * heads * headDim * tokens * tokens;
}

/** Short runs are all overhead and say little of speed; a slower one than before may only have had company. */
function calibrated(known: number, measured: number, tokens: number): number {
  if (tokens < CALIBRATION_TOKENS) return known;
  return measured > known ? measured : (known + measured) / 2;
}

/** What this process may use: a container's limit counts where there is one. */
function memoryBytes(): number {
  return Math.min(os.totalmem(), process.constrainedMemory() || Infinity);
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
