/** One session over a whole model, and one run of it. */
import type { Architecture } from '../families/family.ts';
import { ropeTables, type RopeTables } from '../families/rope.ts';
import type { OpenModel } from '../model/open-model.ts';
import { createSession, type Feed, type Session, type TensorData } from '../ort/session.ts';
import { buildWholeGraph, type WholeAttention } from './whole-graph.ts';

export interface WholeModel {
  /** Every output by name, as `buildWholeGraph` says. */
  run(ids: Int32Array): Promise<Readonly<Record<string, TensorData>>>;
  dispose(): Promise<void>;
}

export async function createWholeModel(
  { architecture, weights, weightsFolder }: Pick<OpenModel, 'architecture' | 'weights' | 'weightsFolder'>,
  attention: WholeAttention,
  threads: number,
): Promise<WholeModel> {
  const graph = buildWholeGraph(architecture, weights, attention);
  const session: Session = await createSession(graph, { threads, externalFolder: weightsFolder });
  const tables = rememberedTables(architecture);
  return {
    run: (ids) => session.run({ ...modelFeeds(ids, architecture, tables(ids.length)), ...sizes(attention, ids) }),
    dispose: () => session.dispose(),
  };
}

/** Made once a length: a runtime of its own would have them in the graph. */
function rememberedTables({ rope }: Architecture): (tokens: number) => RopeTables | null {
  let made: { tokens: number; tables: RopeTables } | undefined;
  return (tokens) => {
    if (rope === null) return null;
    if (made?.tokens !== tokens) made = { tokens, tables: ropeTables(rope, tokens) };
    return made.tables;
  };
}

function modelFeeds(ids: Int32Array, { headDim }: Architecture, rope: RopeTables | null): Record<string, Feed> {
  const rows = ids.length;
  const dims = [rows, headDim / 2];
  return {
    ids: { data: BigInt64Array.from(ids, BigInt), dims: [rows] },
    positions: { data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)), dims: [rows] },
    ...(rope === null ? {} : { cos: { data: rope.cos, dims }, sin: { data: rope.sin, dims } }),
  };
}

function sizes(attention: WholeAttention, ids: Int32Array): Record<string, Feed> {
  return attention === 'fused' ? fusedSizeFeeds(ids.length) : {};
}

export function fusedSizeFeeds(keys: number): Record<string, Feed> {
  return {
    lastKey: { data: new Int32Array([keys - 1]), dims: [1] },
    keys: { data: new Int32Array([keys]), dims: [] },
  };
}
