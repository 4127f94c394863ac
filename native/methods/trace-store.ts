/** What methods read, kept for later questions while there is room. */
import { randomUUID } from 'node:crypto';
import { AppError } from '../../shared/base/app-error.ts';
import type { LayerReads } from './key-counts.ts';
import type { LayerData } from './method.ts';
import { BIT_COUNTS, joinReads, packLists, rowBytes, type HeadReads } from './traces/head-reads.ts';

/** Bytes of all traces together, about. */
const MOST_BYTES = 2 ** 28;

/** What the reads are of. */
export interface TraceAbout {
  /** Keys, and queries with those that are not under the method. */
  readonly tokens: number;
  /** First query under the method; 0 for methods of the rows of the prompt, whose rows end with it. */
  readonly firstRow: number;
  /** Keys that a query of each layer sees, itself included; null = all before it. */
  readonly windows: readonly (number | null)[];
  /** Whether the method changes keys, values or outputs, so that its probabilities do not follow from q, k and reads. */
  readonly changes: boolean;
  /** Whether q and k are what the method made of them in the layers before (F2, F3), not those of the dense run. */
  readonly propagated: boolean;
}

/** q and k that a layer was selected from, and what scores follow from. */
export interface LayerStates extends Pick<
  LayerData,
  'heads' | 'kvHeads' | 'headDim' | 'tokens' | 'q' | 'k' | 'scale' | 'window'
> {
  /** Log-sum-exp of the rows of dense attention, [heads, tokens], where it is known. */
  readonly lse?: Float32Array;
}

/**
 * Looked up at every question: arrays of a run that was deleted belong to the next one. Throws `unknown-run` where they
 * are gone.
 */
export type TraceStates = (layer: number) => LayerStates;

export interface MethodTrace extends TraceAbout {
  /** Queries under the method. */
  readonly rows: number;
  /** By layer and head; heads that share all their lists share these. */
  readonly layers: readonly (readonly HeadReads[])[];
  /** Null where only the reads are known. */
  readonly states: TraceStates | null;
  /** In memory, of the reads. */
  readonly bytes: number;
  /** The same of states that nothing else holds. */
  readonly stateBytes: number;
}

/** Of a run of a method that is under way; gives up where it grows over the budget. */
export class TraceBuilder {
  readonly #about: TraceAbout;
  /** By layer and head, portions of rows. */
  #layers: HeadReads[][][] | null = [];
  #bytes = 0;

  constructor(about: TraceAbout) {
    this.#about = about;
  }

  /** The next rows of a layer, of which the first comes first. `breathe`: awaited after each head, whose lists can be long. */
  async add(layer: number, reads: LayerReads, breathe: () => Promise<void>): Promise<void> {
    if (this.#layers === null) return;
    const heads = (this.#layers[layer] ??= reads.map(() => []));
    const packed: { readonly lists: readonly Int32Array[]; readonly reads: HeadReads }[] = [];
    for (const [head, lists] of reads.entries()) {
      const known = packed.find((other) => other.lists.every((keys, row) => keys === lists[row]));
      const own = known?.reads ?? packLists(lists, this.#about.tokens);
      heads[head]!.push(own);
      if (known !== undefined) continue;
      packed.push({ lists, reads: own });
      this.#bytes += own.bytes;
      if (this.#bytes > MOST_BYTES) {
        this.#layers = null;
        return;
      }
      await breathe();
    }
  }

  /** `stateBytes`: of states that nothing else holds, and that are left out where they are too much. Null where the reads are. */
  build(states: TraceStates | null, stateBytes = 0): MethodTrace | null {
    if (this.#layers === null) return null;
    const isTooMuch = this.#bytes + stateBytes > MOST_BYTES;
    const layers = this.#layers.map(joinHeads);
    return {
      ...this.#about,
      rows: layers[0]![0]!.rows,
      layers,
      states: isTooMuch ? null : states,
      bytes: this.#bytes,
      stateBytes: isTooMuch ? 0 : stateBytes,
    };
  }
}

/** Heads that share all their portions share what is joined of them. */
function joinHeads(heads: readonly (readonly HeadReads[])[]): readonly HeadReads[] {
  const joined: HeadReads[] = [];
  for (const [head, parts] of heads.entries()) {
    const same = heads.findIndex((others) => others.every((part, at) => part === parts[at]));
    joined.push(same < head ? joined[same]! : joinReads(parts));
  }
  return joined;
}

export class TraceStore {
  /** Oldest first. */
  readonly #traces = new Map<string, { readonly trace: MethodTrace; readonly isStored: boolean }>();
  /** Names outlive the engine, in the window and in its session: one of another engine must not be found here. */
  readonly #engine = randomUUID().slice(0, 8);
  #next = 1;

  /**
   * Its name; older ones make room: first their states, of which probabilities follow, then all that they read.
   * `isStored`: it comes from a session file, not from the open model.
   */
  add(trace: MethodTrace, isStored = false): string {
    const id = `trace-${this.#engine}-${this.#next++}`;
    this.#traces.set(id, { trace, isStored });
    let held = 0;
    for (const { trace: one } of this.#traces.values()) held += one.bytes + one.stateBytes;
    for (const [old, kept] of this.#traces) {
      if (held <= MOST_BYTES) break;
      held -= kept.trace.stateBytes;
      if (kept.trace.stateBytes > 0) {
        this.#traces.set(old, { ...kept, trace: { ...kept.trace, states: null, stateBytes: 0 } });
      }
    }
    for (const [old, { trace: freed }] of this.#traces) {
      if (held <= MOST_BYTES) break;
      this.#traces.delete(old);
      held -= freed.bytes;
    }
    return id;
  }

  /** Throws `unknown-run`. */
  get(id: string): MethodTrace {
    const found = this.#traces.get(id);
    if (found !== undefined) return found.trace;
    throw new AppError('unknown-run', 'What this method read is no longer held by the engine.', {
      hint: 'Run the method again.',
    });
  }

  /** Lets those of the open model go. */
  clear(): void {
    for (const [id, { isStored }] of this.#traces) if (!isStored) this.#traces.delete(id);
  }
}

/** Row of a query, which is under the method; -1 of one that is not. */
export function rowOf({ firstRow, rows }: Pick<MethodTrace, 'firstRow' | 'rows'>, query: number): number {
  const row = query - firstRow;
  return row >= 0 && row < rows ? row : -1;
}

/** What a query head read. Throws `bad-request` for a head or a query that there is not. */
export function keysRead(
  trace: MethodTrace,
  { layer, head, query }: { readonly layer: number; readonly head: number; readonly query: number },
): Int32Array {
  const found = trace.layers[layer]?.[head];
  const row = rowOf(trace, query);
  if (found !== undefined && row >= 0) return found.keys(row);
  const { firstRow, rows } = trace;
  throw new AppError('bad-request', `Query ${query} of head ${head} in layer ${layer} is not under the method.`, {
    hint: `Queries ${firstRow} to ${firstRow + rows - 1} are.`,
  });
}

/**
 * Keys that both methods read over keys that at least one reads, mean over queries, [layers x heads]. Throws
 * `bad-request` where they were run on different rows.
 */
export async function overlapOf(
  one: MethodTrace,
  other: MethodTrace,
  breathe: () => Promise<void>,
): Promise<Float64Array> {
  if (one.tokens !== other.tokens || one.firstRow !== other.firstRow || one.rows !== other.rows) {
    throw new AppError('bad-request', 'Methods on different rows have nothing to compare.', {
      hint: 'Run both on the same prompt with the same prompt length.',
    });
  }
  if (one.layers.length !== other.layers.length || one.layers[0]!.length !== other.layers[0]!.length) {
    throw new AppError('bad-request', 'Methods on different models have nothing to compare.', {
      hint: 'Run both on the same model.',
    });
  }
  const shares: number[] = [];
  for (const [layer, heads] of one.layers.entries()) {
    for (const [head, reads] of heads.entries()) {
      shares.push(meanOverlap(reads, other.layers[layer]![head]!));
      await breathe();
    }
  }
  return Float64Array.from(shares);
}

/** Mean over rows; rows in which neither reads anything are equal. */
function meanOverlap(one: HeadReads, other: HeadReads): number {
  if (one === other) return 1;
  const width = rowBytes(one.tokens);
  const [ownBits, otherBits] = [new Uint8Array(width), new Uint8Array(width)];
  let sum = 0;
  for (let row = 0; row < one.rows; row++) {
    const a = one.bits(row, ownBits);
    const b = other.bits(row, otherBits);
    let [both, either] = [0, 0];
    for (let at = 0; at < width; at++) {
      both += BIT_COUNTS[a[at]! & b[at]!]!;
      either += BIT_COUNTS[a[at]! | b[at]!]!;
    }
    sum += either === 0 ? 1 : both / either;
  }
  return sum / one.rows;
}
