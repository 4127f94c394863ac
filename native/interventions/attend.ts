/**
 * Attention of one layer under its edits. Heads that are edited by masks and by factors on their queries go through the
 * kernel with all others; heads that look at another run's queries and keys, or weigh changed values, through the kernel
 * one by one; the rest row by row. Rows and heads that nothing edits keep the bits that they have without.
 */
import { groupOf } from '../../shared/model/head-id.ts';
import { PLAIN, type AttentionInput, type AttentionOutput } from '../attention/kernel.ts';
import type { MaskSpec } from '../attention/mask.ts';
import { allocateStatistics } from '../attention/statistics.ts';
import { HeadMasks } from './head-masks.ts';
import { HeadRows, type HeadSource } from './head-rows.ts';
import { addRow, clearSums, putHead, spoilRow, spoilSums, tellRow } from './head-statistics.ts';
import type { AttendedLayer, LayerInputs } from './attended-layer.ts';
import { effectiveSteps, isWholeDonor } from './effective-steps.ts';
import { hidesKeys, isAmong, type HeadStep, type LayerEdit } from './layer-edit.ts';

/** Score cells that are computed in JavaScript between two looks at the clock. */
const CELLS_AT_ONCE = 2 ** 15;

export interface AttentionClock {
  readonly floats: Floats;
  /** Awaited between chunks with the score cells that were computed; may throw to cancel. */
  readonly pass: (cells: number) => Promise<void>;
  readonly breathe: () => Promise<void>;
}

/** Makes room for `length` numbers that hold anything. */
type Floats = (length: number) => Float32Array;

/** q, k and v with their edits, in arrays of their own where these change anything. */
export async function editInputs(
  inputs: LayerInputs,
  { inputs: edits }: Pick<LayerEdit, 'inputs'>,
  start: number,
  floats: Floats,
  breathe: () => Promise<void>,
): Promise<LayerInputs> {
  const edited = { ...inputs };
  for (const { which, edit } of edits) {
    if (edited[which] === inputs[which]) edited[which] = copied(inputs[which], floats);
    await edit(edited[which], start, breathe);
  }
  return edited;
}

/**
 * Fills `output`: z with its edits, LSE and statistics of the edited patterns (NaN where weights are not normalised).
 * `inputs`: after `editInputs`. Returns the queries that maps follow from, and what else is to be known of edited heads:
 * the steps that still have to be taken to get their rows.
 */
export async function attendEdited(
  of: AttendedLayer,
  inputs: LayerInputs,
  edit: LayerEdit,
  output: AttentionOutput,
  { floats, pass, breathe }: AttentionClock,
  /** What else the kernel is asked for. */
  extra: AttentionInput['extra'] = null,
): Promise<{ readonly q: Float32Array; readonly patterns: ReadonlyMap<number, readonly HeadStep[]> }> {
  const { architecture, kernel, layer, tokens, queryStart } = of;
  const { heads } = architecture;
  const window = architecture.slidingWindow[layer]!;
  const patterns = new Map<number, readonly HeadStep[]>();
  const masks: (MaskSpec | null)[] = Array.from({ length: heads }, () => null);
  const headMasks = new HeadMasks({ tokens, queryStart, window }, breathe);
  let { q } = inputs;
  const alone: { head: number; steps: readonly HeadStep[]; mask: MaskSpec | null | undefined }[] = [];
  for (const [head, all] of edit.heads) {
    const steps = effectiveSteps(all, of, inputs, head);
    if (steps.length === 0) continue;
    const mask = await headMasks.of(steps);
    if (mask === undefined || !steps.every((step) => hidesKeys(step) || isFactor(step))) {
      alone.push({ head, steps, mask });
      patterns.set(head, steps);
      continue;
    }
    masks[head] = mask;
    if (mask !== null) patterns.set(head, steps.filter(hidesKeys));
    if (steps.some(isFactor)) {
      if (q === inputs.q) q = copied(q, floats);
      await scaleQueries(q, of, head, steps, breathe);
    }
  }

  const input: AttentionInput = {
    ...PLAIN,
    q,
    k: inputs.k,
    v: inputs.v,
    tokens,
    queryStart,
    scale: architecture.scale[layer]!,
    window,
    masks: masks.every((mask) => mask === null) ? null : masks,
    extra,
  };
  await kernel.run(input, output, pass);
  for (const { head, steps, mask } of alone) {
    if (mask === undefined || !steps.every((step) => fitsKernel(step, tokens)))
      await attendRows(of, inputs, head, steps, output, pass);
    else await attendAlone(of, inputs, head, steps, mask, output, pass);
  }
  for (const change of edit.outputs) await change(output.z, queryStart, breathe);
  return { q, patterns };
}

const isFactor = (step: HeadStep) => step.kind === 'temper' || step.kind === 'uniform';

/** Steps of all rows that are told by other queries, keys and values. */
function fitsKernel(step: HeadStep, tokens: number): boolean {
  if (step.kind === 'donor') return isWholeDonor(step) && step.donor.tokens >= tokens;
  if (hidesKeys(step) || isFactor(step)) return true;
  return step.kind === 'zero-values' && step.rows === null;
}

/** Scores follow from the queries: those of a sharper head are longer, and uniform ones come from none. */
async function scaleQueries(
  q: Float32Array,
  { architecture, queryStart }: Pick<AttendedLayer, 'architecture' | 'queryStart'>,
  head: number,
  steps: readonly HeadStep[],
  breathe: () => Promise<void>,
  heads: number = architecture.heads,
): Promise<void> {
  const { headDim } = architecture;
  const width = heads * headDim;
  for (let row = 0; row * width < q.length; row++) {
    const at = row * width + head * headDim;
    for (const step of steps) {
      if (!isAmong(step.rows, queryStart + row)) continue;
      if (step.kind === 'uniform') q.fill(0, at, at + headDim);
      if (step.kind === 'temper') for (let d = at; d < at + headDim; d++) q[d]! /= step.temperature;
    }
    if (row % 256 === 0) await breathe();
  }
}

/** One head through the kernel, with queries, keys and values of its own. */
async function attendAlone(
  of: AttendedLayer,
  { q, k, v }: LayerInputs,
  head: number,
  steps: readonly HeadStep[],
  mask: MaskSpec | null,
  output: AttentionOutput,
  pass: (cells: number) => Promise<void>,
): Promise<void> {
  const { architecture, layer, tokens, queryStart } = of;
  const { heads, kvHeads, headDim } = architecture;
  const rows = tokens - queryStart;
  const group = groupOf(head, heads, kvHeads);
  const donor = steps.find((step) => step.kind === 'donor')?.donor;
  const queries =
    donor === undefined
      ? columns(q, head, heads, headDim, 0, rows)
      : columns(donor.queries(), head, heads, headDim, queryStart, tokens);
  const keys = columns(donor?.keys() ?? k, group, kvHeads, headDim, 0, tokens);
  const values = columns(v, group, kvHeads, headDim, 0, tokens);
  await scaleQueries(queries, of, 0, steps, () => Promise.resolve(), 1);
  for (const step of steps) {
    if (step.kind !== 'zero-values') continue;
    for (let key = 0; key < tokens; key++) {
      if (isAmong(step.keys, key)) values.fill(0, key * headDim, (key + 1) * headDim);
    }
  }
  const z = new Float32Array(rows * headDim);
  const lse = new Float32Array(rows);
  const statistics = output.statistics && allocateStatistics({ heads: 1 }, tokens, rows);
  const input: AttentionInput = {
    ...PLAIN,
    q: queries,
    k: keys,
    v: values,
    tokens,
    queryStart,
    scale: architecture.scale[layer]!,
    window: architecture.slidingWindow[layer]!,
    masks: mask && [mask],
  };
  const kernel = await of.kernel.single();
  await kernel.run(input, { z, lse, statistics, extra: null }, pass);
  for (let row = 0; row < rows; row++) {
    output.z.set(z.subarray(row * headDim, (row + 1) * headDim), (row * heads + head) * headDim);
  }
  output.lse.set(lse, head * rows);
  if (output.statistics && statistics) putHead(output.statistics, head, statistics, tokens);
}

/** One head row by row. Rows that no step is about keep what the kernel gave them, but for the sums over rows. */
async function attendRows(
  of: AttendedLayer,
  { q, k, v }: LayerInputs,
  head: number,
  steps: readonly HeadStep[],
  { z, lse, statistics }: AttentionOutput,
  pass: (cells: number) => Promise<void>,
): Promise<void> {
  const { architecture, layer, tokens, queryStart } = of;
  const { heads, kvHeads, headDim } = architecture;
  const rows = tokens - queryStart;
  const source: HeadSource = { ...sourceOf(architecture, layer, head), q, k, tokens, queryStart };
  const pattern = new HeadRows(source, steps);
  const group = groupOf(head, heads, kvHeads) * headDim;
  const sum = new Float64Array(headDim);
  let isSpoilt = false;
  let cells = 0;
  if (statistics !== null) clearSums(statistics, head, tokens);
  for (let row = 0; row < rows; row++) {
    const position = queryStart + row;
    const found = pattern.row(position);
    const { weights } = found;
    if (found.isEdited) {
      sum.fill(0);
      for (let key = 0; key <= position; key++) {
        const weight = weights[key]!;
        if (weight === 0 || !pattern.seesValue(position, key)) continue;
        const at = key * kvHeads * headDim + group;
        for (let d = 0; d < headDim; d++) sum[d]! += weight * v[at + d]!;
      }
      z.set(sum, (row * heads + head) * headDim);
      lse[head * rows + row] = found.lse;
    }
    if (statistics !== null) {
      isSpoilt ||= Number.isNaN(found.lse);
      if (Number.isNaN(found.lse)) spoilRow(statistics, head, row, rows);
      else {
        if (found.isEdited) tellRow(statistics, head, { row, rows, position }, weights);
        addRow(statistics, head, { position, tokens }, weights);
      }
    }
    cells += position + 1;
    if (cells >= CELLS_AT_ONCE || row + 1 === rows) {
      await pass(cells);
      cells = 0;
    }
  }
  if (statistics !== null && isSpoilt) spoilSums(statistics, head, tokens);
}

/** What of a head's source the model says. */
export function sourceOf(
  { heads, kvHeads, headDim, scale, slidingWindow }: AttendedLayer['architecture'],
  layer: number,
  head: number,
): Omit<HeadSource, 'q' | 'k' | 'tokens' | 'queryStart'> {
  return { heads, kvHeads, headDim, head, scale: scale[layer]!, window: slidingWindow[layer]! };
}

/** Of one head, [end - start, headDim]. */
function columns(
  all: Float32Array,
  head: number,
  heads: number,
  headDim: number,
  start: number,
  end: number,
): Float32Array {
  const own = new Float32Array((end - start) * headDim);
  for (let row = start; row < end; row++) {
    const at = (row * heads + head) * headDim;
    own.set(all.subarray(at, at + headDim), (row - start) * headDim);
  }
  return own;
}

function copied(values: Float32Array, floats: Floats): Float32Array {
  const copy = floats(values.length);
  copy.set(values);
  return copy;
}
