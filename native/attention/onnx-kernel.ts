/**
 * The attention kernel as ONNX graphs over one chunk of rows, for any execution provider.
 *
 * A chunk sees only the keys up to its last row (and not before its window), so masked blocks are never computed.
 * Grouped-query heads of one KV group are stacked into the rows of one matrix product, so K and V are never repeated.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { createSession, type Feed, type Session, type TensorData } from '../ort/session.ts';
import { buildChunkGraph, type ChunkGraph } from './chunk-graph.ts';
import { gatherChunk } from './gather-chunk.ts';
import { NO_MASK, visibleUnder, type MaskSpec } from './mask.ts';
import type { AttentionInput, AttentionKernel, AttentionOutput, AttentionShape } from './kernel.ts';
import { poolBlock } from './statistics.ts';

/** Score cells (heads x rows x keys) of one chunk: 16 MiB a buffer, some ten milliseconds on two cores. */
const CHUNK_CELLS = 4 * 1024 * 1024;
const MIN_ROWS = 16;
const MAX_ROWS = 256;

export async function createOnnxKernel(
  shape: AttentionShape,
  threads: number,
  provider?: string,
): Promise<AttentionKernel> {
  const sessions = new Map<string, Promise<Session>>();
  /** Each variant costs passes over the scores, so it has a graph of its own, made when first needed. */
  const sessionOf = (graph: ChunkGraph) => {
    const key = JSON.stringify(graph);
    const known = sessions.get(key);
    if (known !== undefined) return known;
    const session = createSession(buildChunkGraph(shape, graph), { threads, provider });
    sessions.set(key, session);
    // A session that failed to load must not be remembered as one.
    session.catch(() => sessions.delete(key));
    return session;
  };
  // What every run needs: made at once, so that a machine on which it cannot be made says so early.
  await sessionOf({ masks: 'none', statistics: true, counted: false, softcap: false, poolRows: 1, ragged: false });
  let single: Promise<AttentionKernel> | undefined;
  return {
    id: provider === undefined ? 'onnx' : `onnx on ${provider}`,
    gathersExtras: false,
    run: async (input, output, checkpoint) => {
      if (input.extra !== null) {
        throw new AppError('needs-addon', 'These statistics need the C++ attention addon, which was not built here.', {
          hint: 'Install a C++ compiler and run npm run build:addon; headscope doctor says what is missing.',
        });
      }
      const graph: ChunkGraph = {
        masks: maskKind(input.masks),
        statistics: output.statistics !== null,
        counted: output.statistics !== null && input.counted !== null,
        softcap: input.softcap !== null,
        poolRows: 0,
        ragged: false,
      };
      await runChunks(sessionOf, graph, shape, input, output, checkpoint);
    },
    single: () => {
      const made = (single ??= createOnnxKernel({ ...shape, heads: 1, kvHeads: 1 }, threads, provider));
      // As with sessions.
      made.catch(() => (single = undefined));
      return made;
    },
    dispose: async () => {
      await single?.then((kernel) => kernel.dispose()).catch(() => undefined);
      for (const session of sessions.values()) await session.then((ready) => ready.dispose()).catch(() => undefined);
    },
  };
}

/** Rows of the chunk that starts at `row`: a power of two, so that the same prompt always splits the same way. */
export function chunkRows(heads: number, keys: number): number {
  const fitting = Math.max(1, CHUNK_CELLS / (heads * keys));
  return Math.min(MAX_ROWS, Math.max(MIN_ROWS, 2 ** Math.floor(Math.log2(fitting))));
}

function maskKind(masks: AttentionInput['masks']): ChunkGraph['masks'] {
  if (masks === null) return 'none';
  return masks.every((mask) => mask === null || mask.kind === 'sink-window') ? 'sink-window' : 'marked';
}

async function runChunks(
  sessionOf: (graph: ChunkGraph) => Promise<Session>,
  base: ChunkGraph,
  { heads, kvHeads, headDim }: AttentionShape,
  input: AttentionInput,
  output: AttentionOutput,
  checkpoint: (cells: number) => Promise<void>,
): Promise<void> {
  const { q, k, v, tokens, queryStart, scale, window } = input;
  const queries = tokens - queryStart;
  const qWidth = heads * headDim;
  const kvWidth = kvHeads * headDim;
  const reach = window ?? tokens;
  const gain = input.gain ?? new Float32Array(heads).fill(1);
  const rowsPerChunk = chunkRows(heads, Math.min(tokens, reach + MAX_ROWS));
  const poolRows = Math.min(poolBlock(tokens), rowsPerChunk);
  const { statistics } = output;
  if (statistics !== null) {
    statistics.columnSum.fill(0);
    statistics.distance.fill(0);
    statistics.maskedRows.fill(0);
    statistics.poolMax.fill(0);
    statistics.poolSum.fill(0);
  }

  for (let row = 0; row < queries; row += rowsPerChunk) {
    const rows = Math.min(rowsPerChunk, queries - row);
    const position = queryStart + row;
    const firstKey = Math.max(0, position - reach + 1);
    const keys = position + rows - firstKey;
    // Zero rows that make the groups whole.
    const before = statistics === null ? 0 : position % poolRows;
    const after = statistics === null ? 0 : (poolRows - ((position + rows) % poolRows)) % poolRows;
    const graph = statistics === null ? base : { ...base, poolRows, ragged: poolRows > 1 && (before > 0 || after > 0) };
    const feeds: Record<string, Feed> = {
      q: { data: q.subarray(row * qWidth, (row + rows) * qWidth), dims: [rows, qWidth] },
      k: { data: k.subarray(firstKey * kvWidth, (firstKey + keys) * kvWidth), dims: [keys, kvWidth] },
      v: { data: v.subarray(firstKey * kvWidth, (firstKey + keys) * kvWidth), dims: [keys, kvWidth] },
      scale: { data: new Float32Array([scale]), dims: [] },
      gain: { data: gain, dims: [heads] },
      rowPositions: { data: range(position, rows), dims: [rows, 1] },
      keyPositions: { data: range(firstKey, keys), dims: [1, keys] },
      window: { data: new Int32Array([reach]), dims: [] },
      ...(graph.softcap ? { softcap: { data: new Float32Array([input.softcap!]), dims: [] } } : {}),
      ...maskFeeds(graph, input, heads, { row, rows, position, firstKey, keys }),
    };
    if (graph.ragged) {
      const pads = [0, before, 0, 0, after, 0];
      feeds['poolPads'] = { data: BigInt64Array.from(pads, BigInt), dims: [6] };
    }
    if (graph.counted) {
      feeds['counted'] = {
        data: Float32Array.from(input.counted!.subarray(row, row + rows), (counts) => (counts === 0 ? 0 : 1)),
        dims: [rows, 1],
      };
    }
    const session = await sessionOf(graph);
    const out = await session.run(feeds);
    output.z.set(out['z'] as Float32Array, row * qWidth);
    scatterRows(out['lse']!, output.lse, heads, queries, row, rows);
    if (statistics !== null) {
      gatherChunk(
        out,
        statistics,
        { heads, queries, tokens, row, rows, position, firstKey, keys, poolRows },
        input.counted,
      );
    }
    await checkpoint(heads * rows * keys);
  }
}

interface ChunkPlace {
  readonly row: number;
  readonly rows: number;
  readonly position: number;
  readonly firstKey: number;
  readonly keys: number;
}

function maskFeeds(
  graph: ChunkGraph,
  { masks, tokens }: AttentionInput,
  heads: number,
  { row, rows, position, firstKey, keys }: ChunkPlace,
): Record<string, Feed> {
  if (masks === null) return {};
  const all: readonly MaskSpec[] = masks.map((mask) => mask ?? NO_MASK);
  if (graph.masks === 'sink-window') {
    const perHead = (value: (mask: MaskSpec & { readonly kind: 'sink-window' }) => number) => ({
      data: Int32Array.from(all, (mask) => (mask.kind === 'sink-window' ? value(mask) : 0)),
      dims: [heads, 1, 1],
    });
    return { sinks: perHead(({ sink }) => sink), windows: perHead((mask) => mask.window) };
  }
  const marked = new Uint8Array(heads * rows * keys);
  all.forEach((mask, head) => {
    for (let r = 0; r < rows; r++) {
      const visible = visibleUnder(mask, tokens, position + r, row + r);
      marked.set(visible.subarray(firstKey), (head * rows + r) * keys);
    }
  });
  return { marked: { data: marked, dims: [heads, rows, keys] } };
}

function range(start: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => start + i);
}

export function scatterRows(
  chunk: TensorData,
  all: Float32Array,
  heads: number,
  queries: number,
  row: number,
  rows: number,
): void {
  for (let head = 0; head < heads; head++) {
    all.set((chunk as Float32Array).subarray(head * rows, (head + 1) * rows), head * queries + row);
  }
}
