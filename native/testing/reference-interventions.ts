/**
 * A run under a list of interventions in plain float64, for checking the engine against. It is written from the
 * definitions of the kinds (`shared/model/intervention-kinds`) with whole attention maps, and shares nothing with the
 * product but the vocabulary.
 *
 * A layer has five stages: the residual that enters it, queries, keys and values, the pattern, the values under the
 * pattern, z. Within a stage each entry works on what the earlier ones left, whatever stands between them in the list.
 * What is worked on in the pattern are the scores of a row, which of them are visible, and what makes weights of them.
 */
import type { Alignment } from '../../shared/model/effect.ts';
import { groupOf } from '../../shared/model/head-id.ts';
import {
  activeInterventions,
  choiceParameter,
  numberParameter,
  type FinalNorm,
  type Intervention,
} from '../../shared/model/intervention.ts';
import { placeHolds } from '../../shared/model/place.ts';
import { positionFlags } from '../../shared/model/position-ranges.ts';
import type { AttentionInputs, Attended, ReferenceModel, ReferenceRun } from './reference-forward.ts';

/** Where `resample` took z of a head and position from: which of the source's prompts (0 without any), and where in it. */
export type DrawOf = (
  entry: Intervention,
  layer: number,
  head: number,
  position: number,
) => { prompt: number; position: number };

export interface ReferenceChanges {
  readonly finalNorm?: FinalNorm;
  /** What the product drew; by default the same position of the only other prompt. */
  readonly drawOf?: DrawOf;
  /** Class of each token, for means by class. */
  readonly classesOf?: (ids: Int32Array) => readonly string[];
  readonly alignment?: (clean: Int32Array, other: Int32Array, how: Alignment) => ArrayLike<number>;
}

/** An entry with what it reads. */
interface Resolved {
  readonly entry: Intervention;
  /** 1 at query positions that it changes, [n]. */
  readonly rows: Uint8Array;
  /** Clean runs of its source's prompts, in their order. */
  readonly sources: readonly ReferenceRun[];
  readonly sourceIds: readonly Int32Array[];
  /** Of `patch`: position in the only source of each own one; -1: none. */
  readonly partners: ArrayLike<number>;
}

interface Setting {
  readonly ids: Int32Array;
  readonly clean: ReferenceRun;
  readonly changes: ReferenceChanges;
}

export async function referenceInterventions(
  model: ReferenceModel,
  ids: Int32Array,
  list: readonly Intervention[],
  changes: ReferenceChanges = {},
): Promise<ReferenceRun> {
  const clean = await model(ids);
  const setting: Setting = { ids, clean, changes };
  const entries = await Promise.all(activeInterventions(list).map((entry) => resolve(model, setting, entry)));
  const at = (layer: number): Resolved[] => entries.filter(({ entry }) => entry.where.layer === layer);
  return model(ids, {
    residual: (layer, x, width) => changedResidual(at(layer), x, width),
    attention: (inputs) => changedAttention(setting, at(inputs.layer), inputs),
    ...(changes.finalNorm === 'frozen' && { finalScaleOf: clean.residuals.at(-1)! }),
  });
}

async function resolve(model: ReferenceModel, { ids, changes }: Setting, entry: Intervention): Promise<Resolved> {
  if (entry.source !== undefined && 'task' in entry.source) throw new Error('Reference: name the prompts themselves.');
  const sourceIds = (entry.source?.prompts ?? []).map((prompt) => Int32Array.from(prompt));
  const { alignment = referenceAlignment } = changes;
  const partners =
    entry.what === 'patch' ? alignment(ids, sourceIds[0]!, choiceParameter(entry, 'align') as Alignment) : [];
  const sources = await Promise.all(sourceIds.map((prompt) => model(prompt)));
  return { entry, rows: positionFlags(entry.rows, ids.length), sources, sourceIds, partners };
}

/** Massive activations (by the median over all positions and dimensions), or one dimension, set to 0 or the mean over the prompt. */
function changedResidual(entries: readonly Resolved[], given: Float64Array, width: number): Float64Array {
  let x = given;
  for (const { entry, rows } of entries) {
    if (entry.what !== 'residual') continue;
    const before = x;
    const [dimension, floor, ratio] = ['dimension', 'floor', 'ratio'].map((id) => numberParameter(entry, id)) as [
      number,
      number,
      number,
    ];
    const limit = Math.max(floor, ratio * median(before.map(Math.abs)));
    const meanOf = (d: number): number => rows.reduce((sum, _, i) => sum + before[i * width + d]!, 0) / rows.length;
    x = before.map((value, at) => {
      const [i, d] = [Math.floor(at / width), at % width];
      if (rows[i] === 0) return value;
      if (dimension === -1 ? Math.abs(value) <= limit : d !== dimension) return value;
      return choiceParameter(entry, 'to') === 'zero' ? 0 : meanOf(d);
    });
  }
  return x;
}

/** The lower one of two in the middle. */
function median(values: Float64Array): number {
  return values.toSorted()[Math.floor((values.length - 1) / 2)]!;
}

function changedAttention(setting: Setting, entries: readonly Resolved[], given: AttentionInputs): Attended {
  const inputs = patchedInputs(entries, given);
  const { layer, n, heads, kvHeads, headDim, q, k, v, scale, window } = inputs;
  const scores = new Float64Array(heads * n * n);
  const attention = new Float64Array(heads * n * n);
  const lse = new Float64Array(heads * n);
  const z = new Float64Array(n * heads * headDim);
  for (let head = 0; head < heads; head++) {
    const group = groupOf(head, heads, kvHeads);
    const own = entries.filter(({ entry }) => placeHolds(entry.where, { layer, head }, { heads, kvHeads }));
    for (let i = 0; i < n; i++) {
      const ownScores = Float64Array.from({ length: n }, (_, j) => {
        let dot = 0;
        for (let c = 0; c < headDim; c++)
          dot += q[(i * heads + head) * headDim + c]! * k[(j * kvHeads + group) * headDim + c]!;
        return dot * scale;
      });
      const seen = Uint8Array.from({ length: n }, (_, j) => +(j <= i && i - j < window));
      const row = patternRow(setting, own, { layer, head, query: i, window }, { scores: ownScores, seen });
      scores.set(row.scores, (head * n + i) * n);
      attention.set(row.weights, (head * n + i) * n);
      lse[head * n + i] = row.lse;
      const dropped = zeroedValues(own, i, n);
      for (let j = 0; j < n; j++) {
        if (dropped[j] === 1) continue;
        for (let c = 0; c < headDim; c++)
          z[(i * heads + head) * headDim + c]! += row.weights[j]! * v[(j * kvHeads + group) * headDim + c]!;
      }
    }
    for (const resolved of own) changeOutput(setting, resolved, { layer, head, heads, headDim }, z);
  }
  return { q, k, v, scores, attention, lse, z };
}

/**
 * Rows of q, k and v taken over from another prompt; keys and values for the whole group. Of q and k what they are before
 * the rotation: they are turned to the position where they are put.
 */
function patchedInputs(entries: readonly Resolved[], inputs: AttentionInputs): AttentionInputs {
  const { layer, heads, kvHeads, headDim } = inputs;
  const parts = { q: inputs.q.slice(), k: inputs.k.slice(), v: inputs.v.slice() };
  for (const { entry, rows, sources, partners } of entries) {
    const what = entry.what === 'patch' ? choiceParameter(entry, 'what') : '';
    if (what !== 'q' && what !== 'k' && what !== 'v') continue;
    const donor = sources[0]!.layers[layer]!;
    const count = what === 'q' ? heads : kvHeads;
    const from = { q: donor.qBeforeRope, k: donor.kBeforeRope, v: donor.v }[what];
    const isTaken = (i: number): boolean => rows[i] === 1 && partners[i]! >= 0;
    const placed = new Float64Array(parts[what].length);
    for (let i = 0; i < rows.length; i++) {
      const at = partners[i]! * count * headDim;
      if (isTaken(i)) placed.set(from.subarray(at, at + count * headDim), i * count * headDim);
    }
    const turned = what === 'v' ? placed : inputs.rotated(placed, count);
    const named = new Set<number>();
    for (let head = 0; head < heads; head++) {
      if (placeHolds(entry.where, { layer, head }, { heads, kvHeads }))
        named.add(what === 'q' ? head : groupOf(head, heads, kvHeads));
    }
    parts[what].forEach((_, at) => {
      const [i, index] = [Math.floor(at / (count * headDim)), Math.floor(at / headDim) % count];
      if (named.has(index) && isTaken(i)) parts[what][at] = turned[at]!;
    });
  }
  return { ...inputs, ...parts };
}

interface RowOfPattern {
  readonly scores: Float64Array;
  /** 1 = visible. */
  readonly seen: Uint8Array;
}

/** One row of the pattern of one head after all that is done to it. */
function patternRow(
  setting: Setting,
  entries: readonly Resolved[],
  place: { readonly layer: number; readonly head: number; readonly query: number; readonly window: number },
  given: RowOfPattern,
): RowOfPattern & { readonly weights: Float64Array; readonly lse: number } {
  const { layer, head, query } = place;
  const n = given.seen.length;
  let scores: Float64Array = given.scores;
  let seen: Uint8Array = given.seen;
  /** What is added to scores under a sigmoid; undefined under a softmax. */
  let sigmoidBias: number | undefined;
  const hide = (hidden: (key: number) => boolean): void => {
    seen = seen.map((visible, key) => +(visible === 1 && !hidden(key)));
  };
  for (const resolved of entries) {
    const { entry, rows } = resolved;
    if (rows[query] === 0) continue;
    const outside = (key: number): boolean => query - key >= numberParameter(entry, 'window');
    switch (entry.what) {
      case 'temperature':
        scores = scores.map((score) => score / numberParameter(entry, 'temperature'));
        break;
      case 'uniform':
        [scores, sigmoidBias] = [new Float64Array(n), undefined];
        break;
      case 'window':
        hide(outside);
        break;
      case 'streaming':
        hide((key) => outside(key) && key >= numberParameter(entry, 'sink'));
        break;
      case 'drop-keys': {
        const dropped = positionFlags(entry.keys, n);
        hide((key) => dropped[key] === 1);
        break;
      }
      case 'freeze': {
        const at = (head * n + query) * n;
        const clean = setting.clean.layers[layer]!.scores.slice(at, at + n);
        [scores, seen, sigmoidBias] = [clean, given.seen, undefined];
        break;
      }
      case 'patch': {
        if (choiceParameter(entry, 'what') !== 'pattern' || resolved.partners[query]! < 0) break;
        const donor = donorRow(resolved, place, given.seen);
        [scores, seen, sigmoidBias] = [donor.scores, donor.seen, undefined];
        break;
      }
      case 'sigmoid':
        sigmoidBias = choiceParameter(entry, 'bias') === 'none' ? 0 : -Math.log(seen.filter(Boolean).length);
        break;
      case 'calibrate': {
        const sinks = entry.keys ? positionFlags(entry.keys, n) : hiddenSinks(setting.clean, place, entry);
        const { weights, lse } = softmax(scores, seen);
        // Scores of which these are the weights.
        scores = calibrateRow(weights, sinks, numberParameter(entry, 'beta')).map((p) => lse + Math.log(p));
        break;
      }
      default:
    }
  }
  const normalised = softmax(scores, seen);
  if (sigmoidBias === undefined) return { scores, seen, ...normalised };
  const weights = scores.map((score, key) => seen[key]! / (1 + Math.exp(-score - sigmoidBias)));
  return { scores, seen, weights, lse: normalised.lse };
}

/** Over visible keys; all 0 where there are none. */
function softmax(scores: Float64Array, seen: Uint8Array): { readonly weights: Float64Array; readonly lse: number } {
  const lse = logSumExp(scores.filter((_, key) => seen[key] === 1));
  const weightOf = (score: number): number => (score === -Infinity ? 0 : Math.exp(score - lse));
  return { weights: scores.map((score, key) => (seen[key] === 1 ? weightOf(score) : 0)), lse };
}

/** The row of the partner: its scores of the keys that have partners themselves; the others are not seen. */
function donorRow(
  { sources, partners }: Resolved,
  { layer, head, query, window }: { layer: number; head: number; query: number; window: number },
  seen: Uint8Array,
): RowOfPattern {
  const [donor] = sources as [ReferenceRun];
  const row = partners[query]!;
  const at = (head * donor.n + row) * donor.n;
  return {
    scores: Float64Array.from(seen, (_, key) => donor.layers[layer]!.scores[at + partners[key]!] ?? 0),
    seen: seen.map((visible, key) => +(visible === 1 && partners[key]! >= 0 && row - partners[key]! < window)),
  };
}

/** Keys past position 0 whose mean weight over the rows that see them exceeds the threshold in the clean run. */
function hiddenSinks(
  clean: ReferenceRun,
  { layer, head, window }: { layer: number; head: number; window: number },
  entry: Intervention,
): Uint8Array {
  const { n } = clean;
  return Uint8Array.from({ length: n }, (_, key) => {
    const last = Math.min(n, key + window);
    let sum = 0;
    for (let i = key; i < last; i++) sum += clean.layers[layer]!.attention[(head * n + i) * n + key]!;
    return +(key > 0 && sum / (last - key) > numberParameter(entry, 'threshold'));
  });
}

/** Weights on sinks times beta, and what that frees given to the others in proportion; where there are none, nothing. */
export function calibrateRow(weights: Float64Array, sinks: ArrayLike<number>, beta: number): Float64Array {
  const massOf = (sink: 0 | 1): number => weights.reduce((sum, p, key) => sum + (sinks[key] === sink ? p : 0), 0);
  const others = massOf(0);
  if (others === 0) return weights;
  const freed = (1 - beta) * massOf(1);
  return weights.map((p, key) => (sinks[key] === 1 ? beta * p : p + (freed * p) / others));
}

/** 1 at keys whose values are nothing for a row, [n]. */
function zeroedValues(entries: readonly Resolved[], query: number, n: number): Uint8Array {
  const zeroed = new Uint8Array(n);
  for (const { entry, rows } of entries) {
    if (entry.what !== 'zero-values' || rows[query] === 0) continue;
    positionFlags(entry.keys, n).forEach((flag, key) => (zeroed[key]! |= flag));
  }
  return zeroed;
}

/** What is done to z of one head. */
function changeOutput(
  setting: Setting,
  resolved: Resolved,
  { layer, head, heads, headDim }: { layer: number; head: number; heads: number; headDim: number },
  z: Float64Array,
): void {
  const { entry, rows, sources, partners } = resolved;
  const zOf = (run: ReferenceRun, i: number): Float64Array => {
    const at = (i * heads + head) * headDim;
    return run.layers[layer]!.z.subarray(at, at + headDim);
  };
  const becomes = (i: number, before: Float64Array): Float64Array | undefined => {
    switch (entry.what) {
      case 'zero':
        return new Float64Array(headDim);
      case 'scale':
        return before.map((value) => value * numberParameter(entry, 'factor'));
      case 'mean':
        return meanOutput(setting, resolved, i, zOf);
      case 'resample': {
        const drawn = setting.changes.drawOf?.(entry, layer, head, i) ?? { prompt: 0, position: i };
        return zOf(sources[drawn.prompt] ?? setting.clean, drawn.position);
      }
      case 'patch':
        return choiceParameter(entry, 'what') === 'z' && partners[i]! >= 0 ? zOf(sources[0]!, partners[i]!) : undefined;
      default:
        return undefined;
    }
  };
  rows.forEach((changed, i) => {
    if (changed === 0) return;
    const at = (i * heads + head) * headDim;
    const after = becomes(i, z.slice(at, at + headDim));
    if (after !== undefined) z.set(after, at);
  });
}

/** Mean over what belongs together with position i; undefined where nothing does. */
function meanOutput(
  { ids, clean, changes }: Setting,
  { entry, sources, sourceIds }: Resolved,
  i: number,
  zOf: (run: ReferenceRun, i: number) => Float64Array,
): Float64Array | undefined {
  const by = choiceParameter(entry, 'by');
  const runs = sources.length > 0 ? sources : [clean];
  const classes = (of: Int32Array): readonly string[] => changes.classesOf!(of);
  const together = runs.flatMap((run, at) => {
    const every = Array.from({ length: run.n }, (_, position) => position);
    if (by === 'position') return [zOf(run, i)];
    if (by === 'all') return every.map((position) => zOf(run, position));
    const named = classes(sourceIds[at] ?? ids);
    return every.filter((position) => named[position] === classes(ids)[i]).map((position) => zOf(run, position));
  });
  if (together.length === 0) return undefined;
  return together[0]!.map((_, c) => together.reduce((sum, vector) => sum + vector[c]!, 0) / together.length);
}

/**
 * Partner of each position: counted from the start, from the end, or by a longest common subsequence, in which gaps of
 * equal length go together position by position. Meant for prompts with only one such subsequence.
 */
export function referenceAlignment(clean: Int32Array, other: Int32Array, how: Alignment): number[] {
  const shift = how === 'end' ? other.length - clean.length : 0;
  if (how !== 'tokens') return Array.from(clean, (_, i) => (other[i + shift] === undefined ? -1 : i + shift));
  /** Length of the longest common subsequence of what follows. */
  const longest = Array.from({ length: clean.length + 1 }, () => new Int32Array(other.length + 1));
  for (let i = clean.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) {
      longest[i]![j] =
        clean[i] === other[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
    }
  }
  const matches: [number, number][] = [];
  for (let i = 0, j = 0; i < clean.length && j < other.length;) {
    if (clean[i] === other[j]) matches.push([i++, j++]);
    else if (longest[i + 1]![j]! >= longest[i]![j + 1]!) i += 1;
    else j += 1;
  }
  const partners = new Array<number>(clean.length).fill(-1);
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...matches, [clean.length, other.length] as const]) {
    for (; nextI - i === nextJ - j && i < nextI; i++, j++) partners[i] = j;
    if (nextI < clean.length) partners[nextI] = nextJ;
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return partners;
}

/** -Infinity where there is nothing to sum. */
function logSumExp(values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (largest === -Infinity) return largest;
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** KL(P || Q) of softmax(p) and softmax(q), nats. */
export function klOfLogits(p: Float64Array, q: Float64Array): number {
  const [lseP, lseQ] = [logSumExp(p), logSumExp(q)];
  return p.reduce((sum, value, i) => sum + Math.exp(value - lseP) * (value - lseP - (q[i]! - lseQ)), 0);
}

/** -log softmax(logits) of a token, nats. */
export function nllOfLogits(logits: Float64Array, token: number): number {
  return logSumExp(logits) - logits[token]!;
}
