/**
 * Rows of one edited head, one after the other, from queries and keys: whatever steps there are, in their order. The
 * slow way, in float64, for what no mask and no factor on the queries can say, and for looking at single rows.
 */
import { groupOf } from '../../shared/model/head-id.ts';
import { visibleUnder } from '../attention/mask.ts';
import { hidesKeys, isAmong, type Donor, type HeadStep } from './layer-edit.ts';
import { dot } from '../pattern/dot.ts';

/** Queries and keys before any step. */
export interface HeadSource {
  /** [rows, heads x headDim], of the positions from `queryStart` on. */
  readonly q: Float32Array;
  /** [tokens, kvHeads x headDim]. */
  readonly k: Float32Array;
  readonly tokens: number;
  readonly queryStart: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly head: number;
  readonly scale: number;
  readonly window: number | null;
}

export interface ScoresRow {
  /** Of keys `from` to `to` - 1; -Infinity where it does not see them; overwritten by the next row. */
  readonly scores: Float64Array;
  /** Of a sigmoid in place of the softmax; null = none. */
  readonly bias: number | null;
  /** Whether any step changes them. */
  readonly isEdited: boolean;
}

export interface WeightsRow {
  /** Of keys 0 to the position, 0 where it sees none; overwritten by the next row. */
  readonly weights: Float64Array;
  /** Of the scores that became weights; -Infinity for a row that sees nothing, NaN where nothing is normalised. */
  readonly lse: number;
  /** Whether any step changes them, or a value that they weigh. */
  readonly isEdited: boolean;
}

export class HeadRows {
  readonly #source: HeadSource;
  readonly #steps: readonly HeadStep[];
  readonly #valueSteps: readonly Extract<HeadStep, { readonly kind: 'zero-values' }>[];
  readonly #scores: Float64Array;
  readonly #donors = new Map<Donor, { readonly q: Float32Array; readonly k: Float32Array }>();

  constructor(source: HeadSource, steps: readonly HeadStep[]) {
    this.#source = source;
    this.#steps = steps;
    this.#valueSteps = steps.filter((step) => step.kind === 'zero-values');
    this.#scores = new Float64Array(source.tokens);
  }

  /** Whether the head weighs the value of a key in a row. */
  seesValue(position: number, key: number): boolean {
    return !this.#valueSteps.some(({ rows, keys }) => isAmong(rows, position) && isAmong(keys, key));
  }

  row(position: number): WeightsRow {
    const { scores, bias, isEdited } = this.scores(position, 0, position + 1);
    let lse = NaN;
    if (bias === null) lse = softmaxInPlace(scores);
    else for (let key = 0; key <= position; key++) scores[key] = 1 / (1 + Math.exp(-scores[key]! - bias));
    return { weights: scores, lse, isEdited: isEdited || this.#losesValues(position, scores) };
  }

  #losesValues(position: number, weights: Float64Array): boolean {
    if (this.#valueSteps.length === 0) return false;
    return weights.some((weight, key) => weight !== 0 && !this.seesValue(position, key));
  }

  /** 1 for each key from 0 to the position that the row sees, 0 for the others. */
  visible(position: number): Uint8Array {
    const steps = this.#steps.filter(({ rows }) => isAmong(rows, position));
    const last = lastDonor(steps, position);
    const replaced = steps[last];
    if (steps.slice(last + 1).some((step) => step.kind === 'calibrate' && step.beta === 0)) {
      return Uint8Array.from(this.scores(position, 0, position + 1).scores, (score) => (score > -Infinity ? 1 : 0));
    }
    const scores = this.#scores.subarray(0, position + 1).fill(0);
    this.#hideBeforeWindow(position, 0, scores);
    if (replaced?.kind === 'donor') {
      for (let key = 0; key <= position; key++) {
        if (!this.#donorSees(replaced.donor, position, key)) scores[key] = -Infinity;
      }
    }
    for (const step of steps.slice(last + 1)) {
      if (step.kind === 'mask' || step.kind === 'hide-keys') this.#edit(step, position, 0, scores);
    }
    return Uint8Array.from(scores, (score) => (score === 0 ? 1 : 0));
  }

  /** What becomes the weights of some keys, none of them after the position. */
  scores(position: number, from: number, to: number): ScoresRow {
    const steps = this.#steps.filter(({ rows }) => isAmong(rows, position));
    const last = lastDonor(steps, position);
    const replaced = steps[last];
    const left = steps.slice(last + 1);
    // These look at the whole row.
    const isWhole = left.some(({ kind }) => kind === 'calibrate' || kind === 'sigmoid');
    const [first, end] = isWhole ? [0, position + 1] : [from, to];
    const scores = this.#scores.subarray(first, end);
    if (replaced?.kind === 'donor') this.#donorScores(replaced.donor, position, first, scores);
    else this.#ownScores(position, first, scores);
    let bias: number | null = null;
    let isEdited = replaced !== undefined;
    const lastUniform = left.findLastIndex(({ kind }) => kind === 'uniform');
    for (const [index, step] of left.entries()) {
      // Of what stands before uniform attention, only what is hidden remains.
      if (index < lastUniform && !hidesKeys(step)) continue;
      if (step.kind === 'sigmoid') bias = step.bias === 'none' ? 0 : -Math.log(countVisible(scores));
      const changes = this.#edit(step, position, first, scores);
      isEdited ||= changes;
    }
    return { scores: scores.subarray(from - first, to - first), bias, isEdited };
  }

  /** `scores`: of the keys from `first` on. Whether it changes any of their weights. */
  #edit(step: HeadStep, position: number, first: number, scores: Float64Array): boolean {
    switch (step.kind) {
      case 'mask': {
        const { tokens, queryStart } = this.#source;
        if (step.mask.kind === 'sink-window') {
          const { sink, window } = step.mask;
          const [start, end] = [Math.max(0, sink - first), Math.max(0, position - window + 1 - first)];
          return hide(scores, (at) => at >= start && at < end);
        }
        const visible = visibleUnder(step.mask, tokens, position, position - queryStart);
        return hide(scores, (at) => visible[first + at] === 0);
      }
      case 'hide-keys':
        return hide(scores, (at) => isAmong(step.keys, first + at));
      case 'temper':
        for (let at = 0; at < scores.length; at++) scores[at]! /= step.temperature;
        return true;
      case 'uniform':
        for (let at = 0; at < scores.length; at++) if (scores[at]! > -Infinity) scores[at] = 0;
        return true;
      case 'calibrate':
        return calibrate(scores, step.keys, step.beta);
      case 'sigmoid':
        return true;
      case 'donor':
      case 'zero-values':
        return false;
    }
  }

  #ownScores(position: number, first: number, scores: Float64Array): void {
    const { q, k, queryStart, heads, kvHeads, headDim, head, scale } = this.#source;
    const qAt = ((position - queryStart) * heads + head) * headDim;
    const group = groupOf(head, heads, kvHeads) * headDim;
    const start = this.#hideBeforeWindow(position, first, scores);
    for (let at = start; at < scores.length; at++) {
      scores[at] = dot(q, qAt, k, (first + at) * kvHeads * headDim + group, headDim) * scale;
    }
  }

  #donorScores(donor: Donor, position: number, first: number, scores: Float64Array): void {
    const { heads, kvHeads, headDim, head, scale } = this.#source;
    const known = this.#donors.get(donor) ?? { q: donor.queries(), k: donor.keys() };
    this.#donors.set(donor, known);
    const row = partnerOf(donor, position);
    const qAt = (row * heads + head) * headDim;
    const group = groupOf(head, heads, kvHeads) * headDim;
    const start = this.#hideBeforeWindow(position, first, scores);
    for (let at = start; at < scores.length; at++) {
      if (!this.#donorSees(donor, position, first + at)) {
        scores[at] = -Infinity;
        continue;
      }
      const kAt = partnerOf(donor, first + at) * kvHeads * headDim + group;
      scores[at] = dot(known.q, qAt, known.k, kAt, headDim) * scale;
    }
  }

  /** Whether the other run's row sees the key, too. */
  #donorSees(donor: Donor, position: number, key: number): boolean {
    const [row, other] = [partnerOf(donor, position), partnerOf(donor, key)];
    return other >= 0 && other <= row && row - other < (this.#source.window ?? Infinity);
  }

  /** Index of the first score that the layer's window leaves. */
  #hideBeforeWindow(position: number, first: number, scores: Float64Array): number {
    const { window } = this.#source;
    const start = window === null ? 0 : Math.min(scores.length, Math.max(0, position - window + 1 - first));
    scores.fill(-Infinity, 0, start);
    return start;
  }
}

/** What stands before it is forgotten; -1 = none. */
function lastDonor(steps: readonly HeadStep[], position: number): number {
  return steps.findLastIndex((step) => step.kind === 'donor' && partnerOf(step.donor, position) >= 0);
}

/** Of the other run; -1 = none. */
function partnerOf({ partners, tokens }: Donor, position: number): number {
  if (partners !== null) return partners[position] ?? -1;
  return position < tokens ? position : -1;
}

/**
 * Adds to the scores of some keys what multiplies their weights with beta and those of the others with one factor, so
 * that they sum to 1 again. Rows whose others have no weight stay as they are. Whether it changed any.
 */
export function calibrate(scores: Float64Array, keys: Int32Array, beta: number): boolean {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  if (top === -Infinity) return false;
  let total = 0;
  for (const score of scores) total += Math.exp(score - top);
  let sinks = 0;
  for (const key of keys) if (key < scores.length) sinks += Math.exp(scores[key]! - top);
  let rest = total - sinks;
  if (sinks > total / 2) {
    // Nothing would be left of a small rest.
    const isSink = new Set(keys);
    rest = 0;
    for (let key = 0; key < scores.length; key++) if (!isSink.has(key)) rest += Math.exp(scores[key]! - top);
  }
  if (rest <= 0 || sinks === 0) return false;
  const others = (rest + (1 - beta) * sinks) / rest;
  const offset = Math.log(beta / others);
  for (const key of keys) if (key < scores.length) scores[key]! += offset;
  return true;
}

function hide(scores: Float64Array, isHidden: (at: number) => boolean): boolean {
  let hidesAny = false;
  for (let at = 0; at < scores.length; at++) {
    if (scores[at] === -Infinity || !isHidden(at)) continue;
    scores[at] = -Infinity;
    hidesAny = true;
  }
  return hidesAny;
}

function countVisible(scores: Float64Array): number {
  let count = 0;
  for (const score of scores) if (score > -Infinity) count += 1;
  return count;
}

/** Returns the log-sum-exp of what the scores were. */
function softmaxInPlace(scores: Float64Array): number {
  let top = -Infinity;
  for (let key = 0; key < scores.length; key++) if (scores[key]! > top) top = scores[key]!;
  if (top === -Infinity) {
    scores.fill(0);
    return -Infinity;
  }
  let sum = 0;
  for (let key = 0; key < scores.length; key++) sum += scores[key] = Math.exp(scores[key]! - top);
  for (let key = 0; key < scores.length; key++) scores[key]! /= sum;
  return top + Math.log(sum);
}
