/** Writes tensors of a run to a .safetensors file under TransformerLens names, streaming the large ones. */
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { Opened } from '../engine/opened.ts';
import type { Run } from '../engine/run-store.ts';
import { inverseFrequencies } from '../families/rope.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { unembedRows } from '../forward/likelihoods.ts';
import { capturedRows } from '../interventions/captured-rows.ts';
import type { ExtraHook } from '../forward/segment-graphs.ts';
import type { ExportedTensor, ExportRequest } from '../public/engine.ts';
import { writeSafetensors, type TensorSource } from '../safetensors/index.ts';
import { STATISTICS_ONLY } from './capture-keeper.ts';
import { expandHooks, type HookRequest, type LayerHook } from './hooks.ts';

/** Attention maps over this are refused: the point of a run is not to need them. */
const MAX_MAP_BYTES = 2 ** 30;
/** Cells of a piece of an edited map. */
const EDITED_CELLS = 2 ** 18;

interface ExportContext {
  readonly opened: Opened;
  readonly run: Run;
  readonly rows: { readonly start: number; readonly end: number };
  readonly job: Job;
  /** Values that only a second pass with extra outputs gives, by hook and layer. */
  readonly extras: ReadonlyMap<string, Float32Array>;
}

type Source = Pick<TensorSource, 'shape' | 'data'>;

export async function exportRun(
  opened: Opened,
  run: Run,
  request: ExportRequest,
  job: Job,
): Promise<readonly ExportedTensor[]> {
  const { architecture, info } = opened.model;
  const { tokens } = run.capture;
  const hooks = expandHooks(request.hooks, architecture.layers);
  const rows = request.rows ?? { start: 0, end: tokens };
  if (rows.start < 0 || rows.end > tokens || rows.start >= rows.end) {
    throw new AppError('bad-request', `Rows ${rows.start}:${rows.end} are not a range of the ${tokens} tokens.`, {
      hint: 'Give start:end with 0 <= start < end, end exclusive.',
    });
  }
  const maps = hooks.filter(({ hook }) => hook === 'attn.hook_pattern' || hook === 'attn.hook_attn_scores').length;
  const mapBytes = maps * architecture.heads * (rows.end - rows.start) * tokens * 4;
  if (mapBytes > MAX_MAP_BYTES) {
    throw new AppError(
      'too-large',
      `The requested attention maps would take ${(mapBytes / 2 ** 30).toFixed(1)} GiB; the limit is 1 GiB.`,
      {
        hint: 'Name single layers, or fewer query rows with --rows start:end.',
      },
    );
  }
  const context: ExportContext = { opened, run, rows, job, extras: await computeExtras(opened, run, hooks, job) };
  const tensors = hooks.map((hook): TensorSource => ({ name: hook.name, dtype: 'F32', ...sourceOf(context, hook) }));
  const { generated } = request;
  if (generated) {
    tensors.push({ name: 'generated.pattern', dtype: 'F32', shape: generated.shape, data: generated.pattern });
  }
  const { scale, slidingWindow, rope } = architecture;
  await writeSafetensors(request.out, tensors, {
    model: info.name,
    model_id: info.modelId,
    tokens: String(tokens),
    ids: Array.from(run.capture.ids).join(' '),
    rows: `${rows.start}:${rows.end}`,
    layers_total: String(architecture.layers),
    attention_scales: scale.join(' '),
    attention_windows: slidingWindow.map((window) => window ?? 0).join(' '),
    ...(rope ? { rope_frequencies: inverseFrequencies(rope, tokens).join(' ') } : {}),
    ...(generated ? { generated_ids: Array.from(generated.ids).join(' ') } : {}),
  });
  return tensors.map(({ name, shape }) => ({ name, shape }));
}

function sourceOf(context: ExportContext, request: HookRequest): Source {
  const { run } = context;
  const { tokens, resid } = run.capture;
  const { heads, kvHeads, headDim, dModel, vocabSize } = context.opened.model.architecture;
  if (!('layer' in request)) {
    return request.hook === 'logits'
      ? { shape: [tokens, vocabSize], data: finalPieces(context, 'logits') }
      : { shape: [tokens, dModel], data: finalPieces(context, 'normalized') };
  }

  const { hook, layer } = request;
  const layerCapture = run.capture.layers[layer]!;
  const extra = (name: ExtraHook) => context.extras.get(`${name} ${layer}`)!;
  const qShape = [tokens, heads, headDim];
  const kvShape = [tokens, kvHeads, headDim];
  switch (hook) {
    case 'hook_resid_pre':
      return { shape: [tokens, dModel], data: resid[layer]! };
    case 'hook_resid_post':
      return { shape: [tokens, dModel], data: resid[layer + 1]! };
    case 'hook_resid_mid':
      return { shape: [tokens, dModel], data: extra('residMid') };
    case 'attn.hook_q':
      return { shape: qShape, data: extra('qRaw') };
    case 'attn.hook_k':
      return { shape: kvShape, data: extra('kRaw') };
    case 'attn.hook_rot_q':
      return { shape: qShape, data: layerCapture.q };
    case 'attn.hook_rot_k':
      return { shape: kvShape, data: layerCapture.k };
    case 'attn.hook_v':
      return { shape: kvShape, data: layerCapture.v };
    case 'attn.hook_z':
      return { shape: qShape, data: layerCapture.z };
    case 'attn.hook_result':
      return { shape: [tokens, heads, dModel], data: resultPieces(context, layer) };
    case 'attn.hook_pattern':
    case 'attn.hook_attn_scores':
      return { shape: [heads, context.rows.end - context.rows.start, tokens], data: mapPieces(context, hook, layer) };
  }
}

/** Runs the forward again with the extra outputs; its other numbers are the same as before. */
async function computeExtras(
  { model, sessions, kernel }: Opened,
  run: Run,
  requests: readonly HookRequest[],
  job: Job,
): Promise<ReadonlyMap<string, Float32Array>> {
  const { architecture } = model;
  const { heads, kvHeads, headDim, dModel } = architecture;
  const names: Partial<Record<LayerHook, ExtraHook>> = {
    hook_resid_mid: 'residMid',
    'attn.hook_q': 'qRaw',
    'attn.hook_k': 'kRaw',
  };
  const widths: Record<ExtraHook, number> = { residMid: dModel, qRaw: heads * headDim, kRaw: kvHeads * headDim };
  const values = new Map<string, Float32Array>();
  const hooks = new Set<ExtraHook>();
  for (const request of requests) {
    const name = 'layer' in request ? names[request.hook] : undefined;
    if (name === undefined || !('layer' in request)) continue;
    hooks.add(name);
    values.set(`${name} ${request.layer}`, new Float32Array(run.capture.tokens * widths[name]));
  }
  if (hooks.size > 0) {
    const receive = (hook: ExtraHook, layer: number, row: number, block: Float32Array) =>
      values.get(`${hook} ${layer}`)?.set(block, row * widths[hook]);
    await runForward(
      { architecture, sessions, kernel },
      {
        ids: run.capture.ids,
        ...(run.plan && { edit: run.plan.layer }),
        extras: { hooks: [...hooks], receive },
        keeper: STATISTICS_ONLY,
      },
      job,
    );
  }
  return values;
}

async function* mapPieces(
  { opened, run, rows, job }: ExportContext,
  hook: 'attn.hook_pattern' | 'attn.hook_attn_scores',
  layer: number,
): AsyncGenerator<Float32Array> {
  const { tokens, layers } = run.capture;
  const pattern = hook === 'attn.hook_pattern';
  for (let head = 0; head < opened.model.architecture.heads; head++) {
    if (layers[layer]!.patterns?.has(head) === true) {
      yield* editedPieces({ opened, run, rows, job }, hook, { layer, head });
      continue;
    }
    const region = { layer, head, rowStart: rows.start, rowEnd: rows.end, keyStart: 0, keyEnd: tokens };
    for await (const block of opened.reader.blocks(run.capture, region)) {
      if (job.signal.aborted) throw new CancelledError();
      const piece = new Float32Array((block.rowEnd - block.rowStart) * tokens).fill(pattern ? 0 : -Infinity);
      for (let row = block.rowStart; row < block.rowEnd; row++) {
        const { first, last } = opened.reader.visibleKeys(layer, row);
        const at = (row - block.rowStart) * tokens;
        const lse = layers[layer]!.lse[head * tokens + row]!;
        for (let key = first; key <= last; key++) {
          const score = block.scores[at + key]!;
          piece[at + key] = pattern ? Math.exp(score - lse) : score;
        }
      }
      yield piece;
    }
  }
}

/** Scores are those that the weights are made of. */
async function* editedPieces(
  { opened, run, rows, job }: Omit<ExportContext, 'extras'>,
  hook: 'attn.hook_pattern' | 'attn.hook_attn_scores',
  { layer, head }: HeadId,
): AsyncGenerator<Float32Array> {
  const { tokens } = run.capture;
  const pattern = hook === 'attn.hook_pattern';
  const edited = capturedRows(opened.model.architecture, run.capture, layer, head);
  const breathe = breather(job);
  const step = Math.max(1, Math.floor(EDITED_CELLS / tokens));
  for (let start = rows.start; start < rows.end; start += step) {
    const end = Math.min(rows.end, start + step);
    const piece = new Float32Array((end - start) * tokens).fill(pattern ? 0 : -Infinity);
    for (let row = start; row < end; row++) {
      const values = pattern ? edited.row(row).weights : edited.scores(row, 0, row + 1).scores;
      piece.set(values, (row - start) * tokens);
      await breathe();
    }
    yield piece;
  }
}

/** z W_O of single heads, [rows, heads, d]: the output projection of z with all other heads zeroed, less its bias. */
async function* resultPieces({ opened, run, job }: ExportContext, layer: number): AsyncGenerator<Float32Array> {
  const { heads, headDim, dModel } = opened.model.architecture;
  const session = await opened.sessions.attentionOutput(layer);
  const width = heads * headDim;
  const { z } = run.capture.layers[layer]!;
  const bias = (await session.run({ z: { data: new Float32Array(width), dims: [1, width] } }))['out'] as Float32Array;
  const step = opened.sessions.rowsPerBlock;
  for (let row = 0; row < run.capture.tokens; row += step) {
    const rows = Math.min(step, run.capture.tokens - row);
    const piece = new Float32Array(rows * heads * dModel);
    for (let head = 0; head < heads; head++) {
      if (job.signal.aborted) throw new CancelledError();
      const only = new Float32Array(rows * width);
      for (let i = 0; i < rows; i++) {
        const at = i * width + head * headDim;
        only.set(z.subarray(row * width + at, row * width + at + headDim), at);
      }
      const out = (await session.run({ z: { data: only, dims: [rows, width] } }))['out'] as Float32Array;
      for (let i = 0; i < rows; i++) {
        for (let d = 0; d < dModel; d++) piece[(i * heads + head) * dModel + d] = out[i * dModel + d]! - bias[d]!;
      }
    }
    yield piece;
  }
}

async function* finalPieces(
  { opened, run, job }: ExportContext,
  which: 'logits' | 'normalized',
): AsyncGenerator<Float32Array> {
  const model = { architecture: opened.model.architecture, sessions: opened.sessions };
  for (let row = 0; row < run.capture.tokens; row += opened.sessions.logitRows) {
    if (job.signal.aborted) throw new CancelledError();
    const end = Math.min(run.capture.tokens, row + opened.sessions.logitRows);
    yield (await unembedRows(model, run.capture, row, end))[which];
  }
}
