/** What a head's output of the other run gives to later layers while every other head keeps its own z. */
import type { HeadId } from '../../shared/model/head-id.ts';
import { unwrittenFloats } from '../capture/unwritten.ts';
import { ropeTables } from '../families/rope.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { runSegment } from '../forward/run-segment.ts';
import { withHeads } from '../sweeps/with-heads.ts';
import type { AttentionParts } from './attend.ts';
import { donorRows } from './donor-rows.ts';
import type { PatchPair } from './patch-pair.ts';
import { residualParts } from './residual-parts.ts';

/** What reaches a layer: the residual, [tokens, dModel], and the q, k and v that follow from it, empty after the last. */
export interface Reached extends AttentionParts {
  readonly resid: Float32Array;
}
/** Of layers after the sender's, asked for in about ascending order. */
export type DirectPath = (layer: number, job: Job) => Promise<Reached>;

const NONE = new Float32Array(0);

/** MLPs and norms pass on what the sender wrote. */
export function recomputedPath(pair: PatchPair, sender: HeadId): DirectPath {
  const { model, receiver } = pair;
  const { architecture, sessions } = model;
  const { tokens } = receiver;
  const rope = architecture.rope === null ? null : ropeTables(architecture.rope, tokens);
  const rows = { ids: receiver.ids, start: 0 };
  const made = new Map<number, Promise<Reached>>();
  const residualAt = async (layer: number, job: Job): Promise<Float32Array> =>
    layer === sender.layer ? receiver.resid[layer]! : (await reach(layer, job)).resid;
  const reach: DirectPath = (layer, job) => {
    const known = made.get(layer);
    if (known !== undefined) return known;
    const make = async (): Promise<Reached> => {
      const before = layer - 1;
      const resid = await residualAt(before, job);
      const z = before === sender.layer ? await sentZ(pair, sender, job) : receiver.layers[before]!.z;
      const checkpoint = new Checkpoint(job, sessions.rowWork() * tokens);
      return runSegment({ model, rope, checkpoint }, layer, rows, { z, resid });
    };
    const next = make();
    made.set(layer, next);
    next.catch(() => made.delete(layer));
    for (const old of made.keys()) if (old < layer - 1) made.delete(old);
    return next;
  };
  return reach;
}

/** Every MLP after the sender keeps what it wrote too: what the sender writes more is added at every later layer. */
export function frozenPath(pair: PatchPair, sender: HeadId): DirectPath {
  const { model, receiver } = pair;
  const { layers } = model.architecture;
  let written: Promise<Float32Array> | undefined;
  return async (layer, job) => {
    const more = await (written ??= writtenMore(pair, sender, job));
    const resid = await combined(receiver.resid[layer]!, more, (a, b) => a + b, breather(job));
    if (layer === layers) return { q: NONE, k: NONE, v: NONE, resid };
    return { ...(await residualParts(model, layer, resid, job)), resid };
  };
}

/** What the donor's z of the sender adds to the residual, [tokens, dModel]. */
async function writtenMore(pair: PatchPair, sender: HeadId, job: Job): Promise<Float32Array> {
  const { model, receiver } = pair;
  const { dModel } = model.architecture;
  const { rowsPerBlock } = model.sessions;
  const { tokens } = receiver;
  const own = receiver.layers[sender.layer]!.z;
  const difference = await combined(await sentZ(pair, sender, job), own, (a, b) => a - b, breather(job));
  const width = difference.length / tokens;
  const session = await model.sessions.attentionOutput(sender.layer);
  const project = async (z: Float32Array, rows: number): Promise<Float32Array> => {
    const { out } = await session.run({ z: { data: z, dims: [rows, width] } });
    return out as Float32Array;
  };
  // The projection's bias is part of both runs.
  const bias = await project(new Float32Array(width), 1);
  const more = new Float32Array(tokens * dModel);
  const checkpoint = new Checkpoint(job, tokens);
  for (let row = 0; row < tokens; row += rowsPerBlock) {
    const rows = Math.min(rowsPerBlock, tokens - row);
    const out = await project(difference.subarray(row * width, (row + rows) * width), rows);
    for (const [at, value] of out.entries()) more[row * dModel + at] = value - bias[at % dModel]!;
    await checkpoint.pass(rows);
  }
  return more;
}

/** Numbers between two looks at the clock. */
const AT_ONCE = 2 ** 18;

async function combined(
  a: Float32Array,
  b: Float32Array,
  combine: (a: number, b: number) => number,
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const result = unwrittenFloats(a.length);
  for (let start = 0; start < a.length; start += AT_ONCE) {
    const end = Math.min(a.length, start + AT_ONCE);
    for (let at = start; at < end; at++) result[at] = combine(a[at]!, b[at]!);
    await breathe();
  }
  return result;
}

/** z of the sender's layer with the sender's from the donor. */
async function sentZ(pair: PatchPair, { layer, head }: HeadId, job: Job): Promise<Float32Array> {
  const z = await donorRows(pair, layer, 'z', breather(job));
  return withHeads(pair.receiver.layers[layer]!.z, z, [head], pair.model.architecture, breather(job));
}
