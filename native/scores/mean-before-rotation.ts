/** Mean query or key of a head before rotary embedding, from the captured ones, which are rotated. */
import type { Capture } from '../capture/capture.ts';
import { inverseFrequencies, type RopeSpec } from '../families/rope.ts';
import type { ScoreContext } from './score.ts';

/** Rows that are turned back, and positions whose turns are computed, between two breaths. */
const STRETCH = 1024;

/** By layer, kind and head: a few numbers each, which all heads of a KV group read. */
const known = new WeakMap<Capture, Map<string, Float64Array>>();

/**
 * Mean over tokens, [headDim]. Where the embedding also scales (YaRN), the scale stays in. `head`: of the query heads
 * for `q`, of the KV heads for `k`.
 */
export async function meanBeforeRotation(
  { capture, architecture }: ScoreContext,
  layer: number,
  kind: 'q' | 'k',
  head: number,
  breathe: () => Promise<void>,
): Promise<Float64Array> {
  const means = known.get(capture) ?? new Map<string, Float64Array>();
  known.set(capture, means);
  const key = `${layer}/${kind}/${head}`;
  const held = means.get(key);
  if (held !== undefined) return held;
  const { headDim, rope, heads, kvHeads } = architecture;
  const rotated = capture.layers[layer]![kind];
  const width = (kind === 'q' ? heads : kvHeads) * headDim;
  const half = headDim / 2;
  const { cos, sin } = await turnsOf(rope!, capture.tokens, breathe);
  const mean = new Float64Array(headDim);
  for (let row = 0; row < capture.tokens; row++) {
    const at = row * width + head * headDim;
    const turn = row * half;
    for (let d = 0; d < half; d++) {
      const x = rotated[at + d]!;
      const y = rotated[at + half + d]!;
      const c = cos[turn + d]!;
      const s = sin[turn + d]!;
      mean[d] = mean[d]! + (x * c + y * s);
      mean[half + d] = mean[half + d]! + (y * c - x * s);
    }
    if (row % STRETCH === STRETCH - 1) await breathe();
  }
  for (let d = 0; d < headDim; d++) mean[d]! /= capture.tokens;
  means.set(key, mean);
  return mean;
}

/** [positions, headDim / 2]. */
export interface Turns {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** By number of positions: of the prompt, and of where a score puts things. */
const turns = new WeakMap<RopeSpec, Map<number, Turns>>();

/** cos and sin of each position's angles without any scale, [tokens, headDim / 2]. */
export async function turnsOf(rope: RopeSpec, tokens: number, breathe: () => Promise<void>): Promise<Turns> {
  const ofRope = turns.get(rope) ?? new Map<number, Turns>();
  turns.set(rope, ofRope);
  const held = ofRope.get(tokens);
  if (held !== undefined) return held;
  // Those of the last two lengths are enough.
  for (const old of [...ofRope.keys()].slice(0, -1)) ofRope.delete(old);
  const frequencies = inverseFrequencies(rope, tokens);
  const half = frequencies.length;
  const made = { cos: new Float64Array(tokens * half), sin: new Float64Array(tokens * half) };
  for (let position = 0; position < tokens; position++) {
    for (let d = 0; d < half; d++) {
      const angle = position * frequencies[d]!;
      made.cos[position * half + d] = Math.cos(angle);
      made.sin[position * half + d] = Math.sin(angle);
    }
    if (position % STRETCH === STRETCH - 1) await breathe();
  }
  ofRope.set(tokens, made);
  return made;
}
