/**
 * Row statistics and pooled maps of runs that come without them, computed from Q and K when something looks at them and
 * kept within a budget. Bit for bit what the run had on the same machine: the same kernel, whose statistics do not
 * depend on V.
 */
import { CancelledError } from '../../shared/base/app-error.ts';
import { assertExists } from '../../shared/base/assert.ts';
import { groupOf, type HeadId } from '../../shared/model/head-id.ts';
import { createStatisticsKernel } from '../attention/choose-kernel.ts';
import { allocateAttentionOutput, type AttentionKernel } from '../attention/kernel.ts';
import { allocateStatistics, statisticsBytes, type AttentionStatistics } from '../attention/statistics.ts';
import type { LayerCapture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import { attendEdited } from '../interventions/attend.ts';
import { NO_EDIT, type HeadStep } from '../interventions/layer-edit.ts';
import type { MapShape } from '../pattern/score-blocks.ts';

/** Of the layers that were looked at last; one at least is kept. */
const BUDGET_BYTES = 256 * 2 ** 20;

interface Source {
  readonly shape: MapShape;
  readonly tokens: number;
  readonly layers: readonly Pick<LayerCapture, 'q' | 'k' | 'patterns'>[];
}

/** Heads of a layer in one go. */
interface Pass {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

export class LayerStatistics {
  readonly #source: Source;
  readonly #kernel: AttentionKernel;
  /** Of the kernel. */
  readonly #headsAtOnce: number;
  /** Layers that are kept. */
  readonly #kept: number;
  /** Least recently used first. */
  readonly #layers = new Map<number, { readonly statistics: AttentionStatistics; readonly known: Set<number> }>();
  readonly #passes = new Map<string, Pass>();

  private constructor(source: Source, kernel: AttentionKernel, headsAtOnce: number, budgetBytes: number) {
    this.#source = source;
    this.#kernel = kernel;
    this.#headsAtOnce = headsAtOnce;
    const { shape, tokens } = source;
    this.#kept = Math.max(1, Math.floor(budgetBytes / statisticsBytes(shape.heads, tokens)));
  }

  static async create(
    source: Source,
    addonPath: string,
    threads: number,
    budgetBytes = BUDGET_BYTES,
  ): Promise<LayerStatistics> {
    const { kernel, heads } = await createStatisticsKernel(addonPath, source.shape, source.tokens, threads);
    return new LayerStatistics(source, kernel, heads, budgetBytes);
  }

  /** Only right after `prepare` of the head: what is not looked at goes when there is too much of it. */
  of(layer: number): AttentionStatistics {
    return assertExists(this.#layers.get(layer), `statistics of layer ${layer}`).statistics;
  }

  /** Throws `CancelledError`. */
  async prepare({ layer, head }: HeadId, signal: AbortSignal): Promise<void> {
    if (this.#use(layer).known.has(head)) return;
    if (signal.aborted) throw new CancelledError();
    const first = head - (head % this.#headsAtOnce);
    const name = `${layer} ${first}`;
    const pass = this.#passes.get(name) ?? this.#begin(name, layer, first);
    pass.waiting += 1;
    let leave: () => void = () => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(new CancelledError());
      signal.addEventListener('abort', leave);
    });
    try {
      await Promise.race([pass.done, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      pass.waiting -= 1;
      if (pass.waiting === 0) this.#stop(name, pass);
    }
  }

  dispose(): Promise<void> {
    return this.#kernel.dispose();
  }

  #begin(name: string, layer: number, first: number): Pass {
    const controller = new AbortController();
    const done = this.#compute(layer, first, controller.signal);
    const pass: Pass = { done, controller, waiting: 0 };
    this.#passes.set(name, pass);
    return pass;
  }

  /** When nobody waits for it any more, which is also when it is done. */
  #stop(name: string, pass: Pass): void {
    pass.controller.abort();
    if (this.#passes.get(name) === pass) this.#passes.delete(name);
    // Of a pass that was left it is no failure that it was cancelled.
    pass.done.catch(() => undefined);
  }

  async #compute(layer: number, first: number, signal: AbortSignal): Promise<void> {
    const { shape, tokens, layers } = this.#source;
    const { heads, kvHeads, headDim, scale, slidingWindow } = shape;
    const count = this.#headsAtOnce;
    const { q, k, patterns } = layers[layer]!;
    const group = groupOf(first, heads, kvHeads);
    const keys = count === heads ? k : column(k, group, kvHeads, headDim);
    const inputs = {
      q: count === heads ? q : column(q, first, heads, headDim),
      k: keys,
      v: new Float32Array(keys.length),
    };
    const ofHeads = { heads: count, kvHeads: count === heads ? kvHeads : 1, headDim };
    const output = allocateAttentionOutput(ofHeads, tokens);
    const steps = new Map<number, readonly HeadStep[]>();
    for (let head = 0; head < count; head++) {
      const own = patterns?.get(first + head);
      if (own !== undefined) steps.set(head, own);
    }
    const of = {
      architecture: { ...ofHeads, scale, slidingWindow },
      kernel: this.#kernel,
      ...{ layer, tokens, queryStart: 0 },
    };
    const pass = async () => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (signal.aborted) throw new CancelledError();
    };
    const clock = { floats: (length: number) => new Float32Array(length), pass, breathe: breather({ signal }) };
    await attendEdited(of, inputs, { ...NO_EDIT, heads: steps }, output, clock);
    const { statistics, known } = this.#use(layer);
    for (const [name, values] of Object.entries(output.statistics!) as [keyof AttentionStatistics, Float32Array][]) {
      // Every array has the head outermost.
      statistics[name].set(values, (first / count) * values.length);
    }
    for (let head = first; head < first + count; head++) known.add(head);
  }

  #use(layer: number) {
    const { heads } = this.#source.shape;
    const { tokens } = this.#source;
    const found = this.#layers.get(layer) ?? {
      statistics: allocateStatistics({ heads }, tokens),
      known: new Set<number>(),
    };
    this.#layers.delete(layer);
    this.#layers.set(layer, found);
    // Later: who has just prepared a layer looks at it before anything else happens.
    setImmediate(() => this.#makeRoom());
    return found;
  }

  #makeRoom(): void {
    for (const old of this.#layers.keys()) {
      if (this.#layers.size <= this.#kept) break;
      this.#layers.delete(old);
    }
  }
}

/** One head out of [tokens, count x headDim]. */
function column(all: Float32Array, index: number, count: number, headDim: number): Float32Array {
  const rows = all.length / (count * headDim);
  const only = new Float32Array(rows * headDim);
  for (let row = 0; row < rows; row++) {
    const at = (row * count + index) * headDim;
    only.set(all.subarray(at, at + headDim), row * headDim);
  }
  return only;
}
