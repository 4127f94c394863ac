/**
 * A list of interventions made ready for one prompt: checked, sorted by layer, with what it reads of other runs read.
 * One plan serves forwards, sweeps, patching and decoding.
 */
import { groupOf } from '../../shared/model/head-id.ts';
import { activeInterventions, type Intervention, type InterventionSource } from '../../shared/model/intervention.ts';
import { headsAt } from '../../shared/model/place.ts';
import type { PositionRange } from '../../shared/model/position-ranges.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { checkInterventions } from './check.ts';
import type { EffectContext, EffectParts, EffectReading, PlacedEntry } from './kind-effect.ts';
import { KIND_EFFECTS } from './kinds/index.ts';
import { mergeEdits, NO_EDIT, type HeadStep, type LayerEdit, type PositionSet } from './layer-edit.ts';

export interface PlanContext extends EffectContext {
  readonly model: Architecture;
  /** The unchanged model's run of a prompt. Its arrays stay as they are for as long as the plan is used. */
  readonly runPrompt: (ids: Int32Array, job: Job) => Promise<Capture>;
  /** Prompts of a task. Throws `bad-request` for a task that there is not. */
  readonly samples: (
    source: Extract<InterventionSource, { readonly task: string }>,
    job: Job,
  ) => Promise<readonly Int32Array[]>;
}

export interface InterventionPlan {
  /** First layer in which anything is done; the layer count where nothing is. */
  readonly firstLayer: number;
  /** What is done in a layer. */
  readonly layer: (layer: number) => LayerEdit | null;
}

/** Throws `bad-request` for what cannot be done to this model or prompt, `CancelledError`. */
export async function planInterventions(
  context: PlanContext,
  list: readonly Intervention[],
  job: Job,
): Promise<InterventionPlan> {
  checkInterventions(context.model, list);
  const planned: { readonly placed: PlacedEntry; readonly effect: EffectParts | EffectReading }[] = [];
  for (const entry of activeInterventions(list)) {
    const placed = placedEntry(context, entry);
    planned.push({ placed, effect: KIND_EFFECTS[entry.what](placed, context, await promptsOf(context, entry, job)) });
  }
  await readRuns(
    context,
    planned.flatMap(({ effect }) => ('prompts' in effect ? [effect] : [])),
    job,
  );
  const layers = new Map<number, LayerEdit>();
  for (const { placed, effect } of planned) {
    const edit = editOf(placed, 'prompts' in effect ? effect.parts() : effect);
    layers.set(placed.layer, mergeEdits(layers.get(placed.layer) ?? null, edit)!);
  }
  return { firstLayer: Math.min(context.model.layers, ...layers.keys()), layer: (layer) => layers.get(layer) ?? null };
}

function placedEntry(context: PlanContext, entry: Intervention): PlacedEntry {
  const { model } = context;
  const heads = headsAt(entry.where, model).map(({ head }) => head);
  const kvHeads = [...new Set(heads.map((head) => groupOf(head, model.heads, model.kvHeads)))];
  const { rows, keys } = entry;
  return {
    entry,
    layer: entry.where.layer,
    heads,
    kvHeads,
    rows: positions(rows, context),
    keys: positions(keys, context),
  };
}

/** As long as its last range, for positions after the prompt; there are none past the context. */
function positions(
  ranges: readonly PositionRange[] | undefined,
  { ids: { length }, model }: Pick<PlanContext, 'ids' | 'model'>,
): PositionSet {
  if (ranges === undefined) return null;
  const last = Math.min(model.context, Math.max(...ranges.map(({ end }) => end)));
  const flags = new Uint8Array(Math.max(length, last));
  for (const { start, end } of ranges) flags.fill(1, start, end);
  return flags;
}

async function promptsOf(
  { samples }: PlanContext,
  { source }: Intervention,
  job: Job,
): Promise<readonly Int32Array[] | undefined> {
  if (source === undefined) return undefined;
  return 'prompts' in source ? source.prompts.map((ids) => Int32Array.from(ids)) : samples(source, job);
}

/** Each prompt is run once, whoever reads it. */
async function readRuns({ runPrompt }: PlanContext, readings: readonly EffectReading[], job: Job): Promise<void> {
  const readers = new Map<string, { ids: Int32Array; read: ((capture: Capture) => Promise<void> | void)[] }>();
  const breathe = breather(job);
  for (const { prompts, read } of readings) {
    for (const [index, ids] of prompts.entries()) {
      const key = ids.join();
      const of = readers.get(key) ?? { ids, read: [] };
      of.read.push((capture) => read(capture, index, breathe));
      readers.set(key, of);
    }
  }
  let done = 0;
  for (const { ids, read } of readers.values()) {
    const phase = readers.size === 1 ? 'Other prompt' : `Prompt ${done + 1} of ${readers.size} of the reference set`;
    const share = (part: number) => Math.round(((done + part) / readers.size) * 1000);
    const watched: Job = {
      ...job,
      progress: (progress) =>
        job.progress({
          phase,
          done: share(progress.total === 0 ? 0 : progress.done / progress.total),
          total: 1000,
          etaMs: progress.etaMs === null ? null : progress.etaMs * (readers.size - done),
        }),
    };
    const capture = await runPrompt(ids, watched);
    for (const each of read) await each(capture);
    done += 1;
  }
}

function editOf({ heads }: PlacedEntry, { residual, inputs = [], steps, output }: EffectParts): LayerEdit {
  const byHead = new Map<number, readonly HeadStep[]>();
  for (const head of steps === undefined ? [] : heads) {
    const own = steps!(head);
    if (own.length > 0) byHead.set(head, own);
  }
  return {
    ...NO_EDIT,
    inputs,
    heads: byHead,
    residual: residual === undefined ? [] : [residual],
    outputs: output === undefined ? [] : [output],
  };
}
