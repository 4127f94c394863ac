/** What one layer gives on where values of it come from the donor, every head of it patched as if alone. */
import type { PatchHook } from '../../shared/model/effect.ts';
import { unwrittenFloats } from '../capture/unwritten.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { attend, attendWithPattern, type AttentionParts } from './attend.ts';
import { donorRows } from './donor-rows.ts';
import type { PatchPair } from './patch-pair.ts';
import { residualParts } from './residual-parts.ts';

/** What a forward goes on with. */
export interface PatchedLayer {
  /** [tokens, heads x headDim]. */
  readonly z: Float32Array;
  /** Residual that enters the layer, [tokens, dModel], where that is what was patched. */
  readonly resid: Float32Array | null;
}

/** Of a layer, at one position or (null) at all that are aligned. */
export type PatchLayer = (position: number | null, job: Job) => Promise<PatchedLayer>;

/** What is common to all positions is made once, when it is first needed. */
export function patchLayer(pair: PatchPair, layer: number, hook: PatchHook): PatchLayer {
  switch (hook) {
    case 'z':
      return byRow(pair, layer, (job) => donorRows(pair, layer, 'z', breather(job)));
    case 'pattern':
      return byRow(pair, layer, (job) => attendWithPattern(pair, layer, job));
    case 'q':
      return byRow(pair, layer, async (job) => {
        const q = await donorRows(pair, layer, 'q', breather(job));
        return attend(pair.model, layer, { ...ownParts(pair, layer), q }, job);
      });
    case 'k':
    case 'v':
      return byKey(pair, layer, hook);
    case 'resid':
      return byResidual(pair, layer);
  }
}

function ownParts({ receiver }: PatchPair, layer: number): AttentionParts {
  const { q, k, v } = receiver.layers[layer]!;
  return { q, k, v };
}

/** Where a position changes only its own row of z. */
function byRow(pair: PatchPair, layer: number, make: (job: Job) => Promise<Float32Array>): PatchLayer {
  let whole: Promise<Float32Array> | undefined;
  return async (position, job) => {
    const patched = await (whole ??= make(job));
    if (position === null) return { z: patched, resid: null };
    return { z: withRow(pair.receiver.layers[layer]!.z, patched, position, pair.receiver.tokens), resid: null };
  };
}

/** A key, or its value, changes every row that sees it. */
function byKey(pair: PatchPair, layer: number, part: 'k' | 'v'): PatchLayer {
  let whole: Promise<Float32Array> | undefined;
  return async (position, job) => {
    const own = ownParts(pair, layer);
    const patched = await (whole ??= donorRows(pair, layer, part, breather(job)));
    const values = position === null ? patched : withRow(own[part], patched, position, pair.receiver.tokens);
    return { z: await attend(pair.model, layer, { ...own, [part]: values }, job), resid: null };
  };
}

function withRow(own: Float32Array, other: Float32Array, row: number, tokens: number): Float32Array {
  const result = unwrittenFloats(own.length);
  result.set(own);
  const width = own.length / tokens;
  result.set(other.subarray(row * width, (row + 1) * width), row * width);
  return result;
}

/** What comes in at a position changes its query, key and value, and so every row that sees it. */
function byResidual(pair: PatchPair, layer: number): PatchLayer {
  const { model, receiver, donor, partners } = pair;
  const { tokens } = receiver;
  let whole: Promise<{ readonly resid: Float32Array; readonly parts: AttentionParts }> | undefined;
  const make = async (job: Job) => {
    const given = donor.resid[layer]!;
    const resid = receiver.resid[layer]!.slice();
    const width = resid.length / tokens;
    for (const [row, partner] of partners.entries()) {
      if (partner !== -1) resid.set(given.subarray(partner * width, (partner + 1) * width), row * width);
    }
    // All rows at once: a row comes out the same whatever stands in the others.
    return { resid, parts: await residualParts(model, layer, resid, job) };
  };
  return async (position, job) => {
    const { resid, parts } = await (whole ??= make(job));
    if (position === null) return { z: await attend(model, layer, parts, job), resid };
    const own = ownParts(pair, layer);
    const row = (mine: Float32Array, other: Float32Array) => withRow(mine, other, position, tokens);
    const changed = { q: row(own.q, parts.q), k: row(own.k, parts.k), v: row(own.v, parts.v) };
    return { z: await attend(model, layer, changed, job), resid: row(receiver.resid[layer]!, resid) };
  };
}
