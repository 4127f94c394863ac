/** What methods read, kept for later questions while there is room. */
import { AppError } from '../../shared/base/app-error.ts';
import type { LayerReads } from './key-counts.ts';

/** Bytes of all traces together, about. */
const MOST_BYTES = 2 ** 28;
/** Of a list beside its keys. */
const LIST_BYTES = 128;

export interface MethodTrace {
  readonly tokens: number;
  readonly promptLength: number;
  /** By layer. */
  readonly layers: readonly LayerReads[];
}

/** Of a run of a method that is under way; gives up where it grows over the budget. */
export class TraceBuilder {
  #layers: LayerReads[] | null = [];
  #bytes = 0;

  add(reads: LayerReads): void {
    if (this.#layers === null) return;
    this.#layers.push(reads);
    // Heads often share their lists.
    for (const keys of new Set(reads.flat())) this.#bytes += keys.byteLength + LIST_BYTES;
    if (this.#bytes > MOST_BYTES) this.#layers = null;
  }

  /** Null where it is too large to be kept. */
  get built(): { readonly layers: readonly LayerReads[]; readonly bytes: number } | null {
    return this.#layers && { layers: this.#layers, bytes: this.#bytes };
  }
}

export class TraceStore {
  /** Oldest first. */
  readonly #traces = new Map<string, { readonly trace: MethodTrace; readonly bytes: number }>();
  #next = 1;

  /** Its name; older ones make room. */
  add(trace: MethodTrace, bytes: number): string {
    const id = `trace-${this.#next++}`;
    this.#traces.set(id, { trace, bytes });
    let held = [...this.#traces.values()].reduce((sum, each) => sum + each.bytes, 0);
    for (const [old, { bytes: freed }] of this.#traces) {
      if (held <= MOST_BYTES) break;
      this.#traces.delete(old);
      held -= freed;
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

  clear(): void {
    this.#traces.clear();
  }
}

/** What a query head read. Throws `bad-request` for a head or a query that there is not. */
export function keysRead(
  { layers, promptLength, tokens }: MethodTrace,
  { layer, head, query }: { readonly layer: number; readonly head: number; readonly query: number },
): Int32Array {
  const found = layers[layer]?.[head]?.[query - promptLength];
  if (found !== undefined) return found.slice();
  throw new AppError('bad-request', `Query ${query} of head ${head} in layer ${layer} is not under the method.`, {
    hint: `Queries ${promptLength} to ${tokens - 1} are.`,
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
  if (one.tokens !== other.tokens || one.promptLength !== other.promptLength) {
    throw new AppError('bad-request', 'Methods on different rows have nothing to compare.', {
      hint: 'Run both on the same prompt with the same prompt length.',
    });
  }
  const shares: number[] = [];
  for (const [layer, heads] of one.layers.entries()) {
    for (const [head, rows] of heads.entries()) {
      const of = rows.map((keys, row) => jaccard(keys, other.layers[layer]![head]![row]!));
      shares.push(of.reduce((sum, each) => sum + each, 0) / of.length);
      await breathe();
    }
  }
  return Float64Array.from(shares);
}

/** Of ascending lists; 1 for two empty ones. */
function jaccard(one: Int32Array, other: Int32Array): number {
  if (one === other || one.length + other.length === 0) return 1;
  let both = 0;
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    const [a, b] = [one[i]!, other[j]!];
    if (a === b) both++;
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return both / (one.length + other.length - both);
}
