/**
 * Scaled scores of one head, recomputed from captured Q and K in blocks of rows. Everything that looks inside a map
 * (tiles, rows, distance profiles) reads from here, so all agree on what a cell holds.
 *
 * Heads whose patterns were edited are read row by row, with the edits: their scores are what became weights, -Infinity
 * where the head does not see a key that the window would leave it. Where nothing is normalised, probabilities are NaN.
 */
import type { Capture, LayerCapture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { breather } from '../forward/breathe.ts';
import { capturedRows } from '../interventions/captured-rows.ts';
import type { HeadRows } from '../interventions/head-rows.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { createSession, type Session } from '../ort/session.ts';
import { groupOf } from '../../shared/model/head-id.ts';
import { dot } from './dot.ts';

/** Cells of one block: 4 MiB, a few milliseconds. */
const BLOCK_CELLS = 1024 * 1024;
/** The same in JavaScript. */
const EDITED_CELLS = 2 ** 16;

export interface Region {
  readonly layer: number;
  readonly head: number;
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly keyStart: number;
  readonly keyEnd: number;
}

export interface ScoreBlock {
  /** Scaled scores, [rows, keyEnd - keyStart], cells included that the causal rule or the window hides. */
  readonly scores: Float32Array;
  readonly rowStart: number;
  readonly rowEnd: number;
}

/** What maps follow from, beside Q, K and LSE. */
export type MapShape = Pick<Architecture, 'heads' | 'kvHeads' | 'headDim' | 'scale' | 'slidingWindow'>;

/** What scores are computed from. */
export interface ScoredLayers {
  readonly tokens: number;
  readonly layers: readonly Pick<LayerCapture, 'q' | 'k' | 'patterns'>[];
}

/** Whether the map of a head does not follow from Q, K and the window alone. */
export function isEdited(
  { layers }: { readonly layers: readonly Pick<LayerCapture, 'patterns'>[] },
  layer: number,
  head: number,
): boolean {
  // What values are weighed is no part of a map.
  return layers[layer]!.patterns?.get(head)?.some(({ kind }) => kind !== 'zero-values') === true;
}

export class ScoreReader {
  readonly #session: Promise<Session>;
  readonly #architecture: MapShape;
  /** Of the head that was read last. */
  #edited: { readonly of: object; readonly head: number; readonly rows: HeadRows } | undefined;

  constructor(architecture: MapShape, threads: number) {
    this.#architecture = architecture;
    this.#session = createSession(buildScoreGraph(architecture.headDim), { threads });
  }

  /** First and last key (inclusive) that a query sees in a layer, but for what edits of single heads hide between them. */
  visibleKeys(layer: number, query: number): { readonly first: number; readonly last: number } {
    const window = this.#architecture.slidingWindow[layer];
    return { first: window === null || window === undefined ? 0 : Math.max(0, query - window + 1), last: query };
  }

  /** Blocks of the region, top to bottom. Each block yields to the event loop. */
  async *blocks(capture: ScoredLayers, region: Region): AsyncGenerator<ScoreBlock, undefined> {
    const { heads, kvHeads, headDim, scale } = this.#architecture;
    const { layer, head, rowStart, rowEnd, keyStart, keyEnd } = region;
    const edited = this.#editedRows(capture, layer, head);
    if (edited !== null) return yield* editedBlocks(edited, region);
    const { q, k } = capture.layers[layer]!;
    const session = await this.#session;
    const keys = keyEnd - keyStart;
    const keyRows = gatherHead(k, groupOf(head, heads, kvHeads), kvHeads, headDim, keyStart, keyEnd);
    const step = Math.max(1, Math.floor(BLOCK_CELLS / keys));
    for (let row = rowStart; row < rowEnd; row += step) {
      const end = Math.min(rowEnd, row + step);
      const out = await session.run({
        q: { data: gatherHead(q, head, heads, headDim, row, end), dims: [end - row, headDim] },
        k: { data: keyRows, dims: [keys, headDim] },
        scale: { data: new Float32Array([scale[layer]!]), dims: [] },
      });
      yield { scores: out['scores'] as Float32Array, rowStart: row, rowEnd: end };
    }
  }

  /** Scaled score of one cell, summed in float64. */
  score(capture: Capture, layer: number, head: number, query: number, key: number): number {
    const edited = this.#editedRows(capture, layer, head);
    if (edited !== null) return edited.scores(query, key, key + 1).scores[0]!;
    const { heads, kvHeads, headDim, scale } = this.#architecture;
    const { q, k } = capture.layers[layer]!;
    const qAt = (query * heads + head) * headDim;
    const kAt = (key * kvHeads + groupOf(head, heads, kvHeads)) * headDim;
    return dot(q, qAt, k, kAt, headDim) * scale[layer]!;
  }

  /** Scaled scores of a row from its first visible key on, as `score` gives them; overwritten by what is read next. */
  row(capture: Capture, layer: number, head: number, query: number): Float64Array {
    const { first, last } = this.visibleKeys(layer, query);
    const edited = this.#editedRows(capture, layer, head);
    if (edited !== null) return edited.scores(query, first, last + 1).scores;
    return Float64Array.from({ length: last + 1 - first }, (_, i) =>
      this.score(capture, layer, head, query, first + i),
    );
  }

  /** 1 for each key that a query sees, of those from the first in its window on; overwritten by what is read next. */
  visible(capture: Capture, layer: number, head: number, query: number): Uint8Array {
    const { first, last } = this.visibleKeys(layer, query);
    const edited = this.#editedRows(capture, layer, head);
    return edited?.visible(query).subarray(first) ?? new Uint8Array(last + 1 - first).fill(1);
  }

  /** p(query, key); 0 where the query cannot see the key. */
  probability(capture: Capture, layer: number, head: number, query: number, key: number): number {
    const { heads, kvHeads, headDim, scale, slidingWindow } = this.#architecture;
    if (key > query || query - key >= (slidingWindow[layer] ?? Infinity)) return 0;
    if (isEdited(capture, layer, head)) {
      const score = this.score(capture, layer, head, query, key);
      const rowLse = capture.layers[layer]!.lse[head * capture.tokens + query]!;
      // A row that sees nothing has no scores and no sum of them.
      return score === -Infinity && !Number.isNaN(rowLse) ? 0 : Math.exp(score - rowLse);
    }
    const { q, k, lse } = capture.layers[layer]!;
    const qAt = (query * heads + head) * headDim;
    const kAt = (key * kvHeads + groupOf(head, heads, kvHeads)) * headDim;
    return Math.exp(dot(q, qAt, k, kAt, headDim) * scale[layer]! - lse[head * capture.tokens + query]!);
  }

  /** Mean of p(row, row - offset) over the rows from `start` to `end` - 1; cells out of the window count as 0. */
  stripe(capture: Capture, layer: number, head: number, offset: number, start: number, end: number): number {
    const { heads, kvHeads, headDim, scale } = this.#architecture;
    // Looked up once: on disk that takes its time.
    const { q, k, lse } = capture.layers[layer]!;
    if (offset >= (this.#architecture.slidingWindow[layer] ?? Infinity)) return 0;
    if (isEdited(capture, layer, head)) {
      let sum = 0;
      for (let row = start; row < end; row++) sum += this.probability(capture, layer, head, row, row - offset);
      return sum / (end - start);
    }
    const group = groupOf(head, heads, kvHeads);
    const factor = scale[layer]!;
    let sum = 0;
    for (let row = start; row < end; row++) {
      const qAt = (row * heads + head) * headDim;
      const kAt = ((row - offset) * kvHeads + group) * headDim;
      sum += Math.exp(dot(q, qAt, k, kAt, headDim) * factor - lse[head * capture.tokens + row]!);
    }
    return sum / (end - start);
  }

  async dispose(): Promise<void> {
    await (await this.#session).dispose();
  }

  #editedRows(capture: ScoredLayers, layer: number, head: number): HeadRows | null {
    const { patterns } = capture.layers[layer]!;
    if (patterns === undefined || !isEdited(capture, layer, head)) return null;
    if (this.#edited?.of !== patterns || this.#edited.head !== head) {
      this.#edited = { of: patterns, head, rows: capturedRows(this.#architecture, capture, layer, head) };
    }
    return this.#edited.rows;
  }
}

async function* editedBlocks(rows: HeadRows, region: Region): AsyncGenerator<ScoreBlock, undefined> {
  const { rowStart, rowEnd, keyStart, keyEnd } = region;
  const keys = keyEnd - keyStart;
  const step = Math.max(1, Math.floor(EDITED_CELLS / keys));
  // Whoever reads them stops reading once nobody waits.
  const breathe = breather({ signal: new AbortController().signal });
  for (let row = rowStart; row < rowEnd; row += step) {
    const end = Math.min(rowEnd, row + step);
    const scores = new Float32Array((end - row) * keys);
    for (let query = row; query < end; query++) {
      const last = Math.min(keyEnd, query + 1);
      if (last > keyStart) scores.set(rows.scores(query, keyStart, last).scores, (query - row) * keys);
      await breathe();
    }
    yield { scores, rowStart: row, rowEnd: end };
  }
}

/** One head's rows, [end - start, headDim], out of [tokens, count x headDim]. */
export function gatherHead(
  all: Float32Array,
  index: number,
  count: number,
  headDim: number,
  start: number,
  end: number,
): Float32Array {
  const rows = new Float32Array((end - start) * headDim);
  for (let row = start; row < end; row++) {
    const at = (row * count + index) * headDim;
    rows.set(all.subarray(at, at + headDim), (row - start) * headDim);
  }
  return rows;
}

function buildScoreGraph(headDim: number): Uint8Array {
  const g = new GraphBuilder();
  const q = g.input('q', 'float32', ['rows', headDim]);
  const k = g.input('k', 'float32', ['keys', headDim]);
  const scale = g.input('scale', 'float32', []);
  const product = g.op('Gemm', [g.op('Mul', [q, scale]), k], { transB: 1 });
  g.output('scores', product, 'float32', ['rows', 'keys']);
  return g.build('scores');
}
