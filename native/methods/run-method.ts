/** A method on a run that is there: every layer keeps the q, k and v of dense attention (F1). */
import type { Badge } from '../../shared/model/badge.ts';
import type { Budget, MethodParameters, MethodPhase, ResolvedMethod } from '../../shared/model/method.ts';
import { DENSE_FROM, type MethodResult, type StepCosts } from '../../shared/model/method-result.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { inverseFrequencies } from '../families/rope.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { ChangedRows } from './changed-rows.ts';
import { KeyCounter, type LayerCounts, type LayerReads, type Share } from './key-counts.ts';
import { denseLayer, type MassParts } from './dense-layer.ts';
import { denseMemory } from './dense-memory.ts';
import { LayerUnder, type LayerMasses } from './layer-masses.ts';
import { eachRowBlock } from './mask-reads.ts';
import {
  firstVisible,
  FREE,
  upTo,
  type LayerData,
  type Method,
  type MethodContext,
  type MethodCosts,
} from './method.ts';
import { oracleRows, type OracleRows } from './oracle-masses.ts';
import { rowBlocks, type TakeRows } from './row-blocks.ts';
import { contextOf, isChanging, selectLayer } from './select-layer.ts';

/** Half precision, as caches are kept; told with the result. */
const BYTES = 2;

export interface MethodRunParts extends MassParts {
  readonly architecture: Pick<
    Architecture,
    'layers' | 'heads' | 'kvHeads' | 'headDim' | 'scale' | 'slidingWindow' | 'rope'
  >;
  /** Without interventions. */
  readonly capture: Pick<Capture, 'tokens' | 'layers'>;
  /** In lists at a time; as of `rowBlocks` where absent. */
  readonly mostKeys?: number;
}

export interface MethodRunRequest {
  readonly method: Method;
  readonly parameters: MethodParameters;
  /** Each gives a result; null for the published one. */
  readonly budgets: readonly (Budget | null)[];
  /** Below the number of tokens; for a method for the rows of the prompt alone, at most that. */
  readonly promptLength: number;
}

/** The rows that a method is measured on, and the keys that there are for them. */
export interface MeasuredRows {
  readonly phase: MethodPhase;
  readonly first: number;
  /** Positions up to the last of them. */
  readonly end: number;
}

/** Those after the prompt, and of a method for the rows of the prompt alone these. */
export function measuredRows({ info }: Method, tokens: number, promptLength: number): MeasuredRows {
  if (info.phases.includes('decode')) return { phase: 'decode', first: promptLength, end: tokens };
  return { phase: 'prefill', first: 0, end: promptLength };
}

/** What a run says of a method; whether its lists are kept is not for here. */
export type MeasuredMethod = Omit<MethodResult, 'trace'>;

/** What the next rows of a layer read under the budget of this index; not to be held on to. */
export interface RowsRead {
  readonly budget: number;
  readonly layer: number;
  readonly reads: LayerReads;
}

export type OnRows = (rows: RowsRead) => Promise<void> | void;

/**
 * `onRows`: is told what was read, layer by layer, in blocks of rows. Throws `bad-request` for parameters
 * that do not fit, `needs-addon`, `CancelledError`.
 */
export async function runMethod(
  parts: MethodRunParts,
  request: MethodRunRequest,
  job: Job,
  onRows: OnRows = () => undefined,
): Promise<MeasuredMethod[]> {
  const { architecture, capture } = parts;
  const { method, parameters, budgets, promptLength } = request;
  const { layers } = architecture;
  const rows = measuredRows(method, capture.tokens, promptLength);
  const breathe = breather(job);
  const checkpoint = new Checkpoint(job, layers * (1 + budgets.length));
  const tries = budgets.map((budget) => {
    const context = contextOf(method, { layers, promptLength, parameters, budget, breathe });
    return { context, tally: new Tally(parts, request, rows, context.resolved) };
  });
  const memory = denseMemory(parts.kernel, capture);
  const indices = Array.from({ length: layers }, (_, layer) => layer);
  const read = (layer: number): Promise<LayerData> => {
    const whole = layerData(architecture, capture, layer);
    const packed = parts.kernel.rows && memory.packed(layer, whole);
    return Promise.resolve({ ...upTo(rows.end, whole), rows: parts.kernel.rows, packed });
  };
  for (const { context } of tries) await method.prepare?.({ indices, read }, context);
  for (const layer of indices) {
    checkpoint.phase = `Layer ${layer + 1} of ${layers}`;
    const data = await read(layer);
    const z = capture.layers[layer]!.z.subarray(0, rows.end * data.heads * data.headDim);
    const name = `${layer} ${rows.first} ${rows.end}`;
    const known = memory.get(name);
    const dense = await denseLayer(parts, data, layer, rows.first, z, breathe, known?.facts);
    const oracle = known?.oracle ?? (await oracleRows(data, rows.first, breathe));
    if (known === undefined) memory.keep(name, { facts: dense.facts, oracle });
    await checkpoint.pass(1);
    for (const [budget, { context, tally }] of tries.entries()) {
      const under = new LayerUnder(dense, rows.phase === 'prefill' || !isChanging(method, context));
      const counter = new KeyCounter(data, rows.first, method.info.evicts);
      const take: TakeRows = async (first, reads) => {
        await under.add(first, reads, breathe);
        await counter.add(reads, breathe);
        await onRows({ budget, layer, reads });
      };
      let changed: Float32Array | null = null;
      if (rows.phase === 'decode') changed = await attended(method, data, layer, context, parts, take);
      else {
        const masks = await method.prefill!(data, layer, context);
        await eachRowBlock(masks, data, take, breathe, parts.mostKeys);
      }
      tally.add(data, await under.masses(changed, breathe), counter.counts(), oracle);
      await checkpoint.pass(1);
    }
  }
  return tries.map(({ tally }) => tally.result());
}

function layerData(
  { heads, kvHeads, headDim, scale, slidingWindow, rope }: MethodRunParts['architecture'],
  { tokens, layers }: MethodRunParts['capture'],
  layer: number,
): LayerData {
  const { q, k, v } = layers[layer]!;
  const sizes = { heads, kvHeads, headDim, tokens, scale: scale[layer]!, window: slidingWindow[layer] ?? null };
  return { ...sizes, q, k, v, ...(rope && { frequencies: inverseFrequencies(rope, tokens) }) };
}

/** Steps through the rows; gives the outputs, [rows, heads x headDim], of a method that changes keys, values or outputs. */
async function attended(
  method: Method,
  data: LayerData,
  layer: number,
  context: MethodContext,
  { kernel, mostKeys }: MethodRunParts,
  take: TakeRows,
): Promise<Float32Array | null> {
  const blocks = rowBlocks(data.heads, { start: context.promptLength, end: data.tokens }, mostKeys);
  let reads = Array.from({ length: data.heads }, (): Int32Array[] => []);
  const changed = isChanging(method, context) ? new ChangedRows(data, context.promptLength) : null;
  await selectLayer(
    method,
    data,
    layer,
    context,
    async (query, own) => {
      own.forEach((keys, head) => reads[head]!.push(keys));
      if (query + 1 < blocks[0]!.end) return;
      await take(blocks.shift()!.start, reads);
      reads = reads.map(() => []);
    },
    (query, cache, own) => {
      if (query < data.tokens) changed?.add(own, cache);
    },
  );
  return changed && (await changed.outputs(kernel, context.breathe));
}

/** Layers of one budget, put together. */
export class Tally {
  readonly #parts: MethodRunParts;
  readonly #request: MethodRunRequest;
  readonly #measured: MeasuredRows;
  readonly #resolved: ResolvedMethod;
  readonly #rows: number;
  readonly #heads = {
    recall: [] as number[],
    recallSinkFree: [] as number[],
    recallValue: [] as number[],
    outputError: [] as number[],
    read: [] as number[],
  };
  readonly #written: number[] = [];
  readonly #writtenSum: number[] = [];
  readonly #lost: Float64Array;
  readonly #counts: LayerCounts[] = [];
  readonly #oracle = { recall: 0, own: 0, rows: 0 };

  constructor(parts: MethodRunParts, request: MethodRunRequest, measured: MeasuredRows, resolved: ResolvedMethod) {
    this.#parts = parts;
    this.#request = request;
    this.#measured = measured;
    this.#resolved = resolved;
    this.#rows = measured.end - measured.first;
    this.#lost = new Float64Array(this.#rows);
  }

  add(data: LayerData, masses: LayerMasses, counts: LayerCounts, oracle: OracleRows): void {
    const rows = this.#rows;
    for (let head = 0; head < data.heads; head++) {
      const own = (values: Float64Array) => values.subarray(head * rows, (head + 1) * rows);
      this.#heads.recall.push(meanOf(own(masses.recall)));
      this.#heads.recallSinkFree.push(meanOf(own(masses.recallSinkFree)));
      this.#heads.recallValue.push(meanOf(own(masses.recallValue)));
      this.#heads.outputError.push(meanOf(own(masses.outputError)));
      this.#heads.read.push(counts.read[head]! / rows);
      own(masses.recall).forEach((recall, row) => (this.#lost[row]! += 1 - recall));
      oracle.rows.forEach((row, at) => {
        this.#oracle.recall += oracle.mass(head, at, counts.lengths[head * rows + row]!);
        this.#oracle.own += own(masses.recall)[row]!;
        this.#oracle.rows++;
      });
    }
    this.#written.push(meanOf(masses.outputErrorWO));
    this.#writtenSum.push(meanOf(masses.outputErrorWOSum));
    this.#counts.push(counts);
  }

  result(): MeasuredMethod {
    const { architecture, capture } = this.#parts;
    const { method, promptLength } = this.#request;
    const { layers, heads, kvHeads } = architecture;
    const { phase, end } = this.#measured;
    const total = (of: (counts: LayerCounts) => number) => this.#counts.reduce((sum, each) => sum + of(each), 0);
    const density = {
      selected: shareOf(this.#counts.map(({ selected }) => selected)),
      computed: shareOf(this.#counts.map(({ computed }) => computed)),
      blocks: shareOf(this.#counts.map(({ blocks }) => blocks)),
    };
    const keys = { read: total((each) => each.readLast), union: total((each) => each.unionLast) };
    const choosing = method.costs(
      {
        ...architecture,
        promptLength,
        tokens: end,
        read: keys.read / (layers * heads),
        budget: this.#resolved.budget,
        bytes: BYTES,
      },
      this.#resolved.parameters,
    );
    const costs = this.#costs({ ...keys, resident: total((each) => each.residentLast) }, choosing);
    const visible = Array.from(
      { length: layers },
      (_, layer) => end - firstVisible({ window: architecture.slidingWindow[layer] ?? null }, end - 1),
    ).reduce((sum, each) => sum + each, 0);
    const denseCosts = this.#costs(
      { read: heads * visible, union: kvHeads * visible, resident: kvHeads * visible },
      FREE,
    );
    const tables = {
      recall: Float64Array.from(this.#heads.recall),
      recallSinkFree: Float64Array.from(this.#heads.recallSinkFree),
      recallValue: Float64Array.from(this.#heads.recallValue),
      outputError: Float64Array.from(this.#heads.outputError),
      read: Float64Array.from(this.#heads.read),
    };
    const recall = meanOf(tables.recall);
    const least = tables.recall.indexOf(tables.recall.reduce((a, b) => Math.min(a, b)));
    const worst = { layer: Math.floor(least / heads), head: least % heads, recall: tables.recall[least]! };
    const oracle = this.#oracle.recall / this.#oracle.rows;
    return {
      method: method.info.id,
      fidelity: 'F1',
      phase,
      badge: badgeOf(method, 'layer-local'),
      resolved: this.#resolved,
      params: this.#resolved.parameters,
      tokens: capture.tokens,
      promptLength,
      rows: this.#rows,
      answerStart: null,
      read: meanOf(tables.read),
      resident: total((each) => each.residentLast) / (layers * kvHeads),
      needed: total((each) => each.needed) / (layers * kvHeads),
      costs,
      denseCosts,
      ratio: costs.kvBytes / denseCosts.kvBytes,
      choosing: {
        stepFlops: choosing.stepFlops,
        onceFlops: choosing.onceFlops,
        storedBytes: choosing.storedBytes,
      },
      bytesPerNumber: choosing.cacheBytes ?? BYTES,
      density,
      denseHere: this.#isDense(density.selected),
      emptyRows: total((each) => each.emptyRows),
      recall,
      recallSinkFree: meanOf(tables.recallSinkFree),
      recallValue: meanOf(tables.recallValue),
      lostMass: 1 - recall,
      outputError: meanOf(tables.outputError),
      outputErrorWO: meanOf(Float64Array.from(this.#written)),
      outputErrorWOSum: meanOf(Float64Array.from(this.#writtenSum)),
      oracle: { recall: oracle, gap: oracle - this.#oracle.own / this.#oracle.rows, rows: this.#oracle.rows },
      heads: tables,
      lostMassByQuery: this.#lost.map((sum) => sum / (layers * heads)),
      worst,
      prediction: null,
      generated: null,
      notGiven: Object.fromEntries(
        (['kl', 'nllAnswer', 'accuracy', 'answer', 'drift'] as const).map((each) => [
          each,
          'Layer-local (F1): errors are not carried on to the logits.',
        ]),
      ),
      notes: this.#notes(density.selected),
    };
  }

  /** At the last query. `keys`: summed over layers and heads, or layers and KV heads. */
  #costs(
    keys: { readonly read: number; readonly union: number; readonly resident: number },
    choosing: MethodCosts,
  ): StepCosts {
    const { headDim } = this.#parts.architecture;
    const pair = 2 * headDim * (choosing.cacheBytes ?? BYTES);
    return {
      kvBytes: keys.resident * pair + choosing.storedBytes,
      readBytes: keys.union * pair + (choosing.stepBytes ?? 0),
      flops: 4 * headDim * keys.read + choosing.stepFlops,
    };
  }

  /** A method that keeps everything, but in fewer bits, is not. */
  #isDense(selected: number): boolean {
    const { method } = this.#request;
    return selected > DENSE_FROM && (method.info.evicts || !isChanging(method, this.#resolved));
  }

  /** Queries of each head. */
  get #oracleRows(): number {
    const { layers, heads } = this.#parts.architecture;
    return this.#oracle.rows / (layers * heads);
  }

  #notes(selected: number): string[] {
    const { info, given = [], tells } = this.#request.method;
    return [
      ...given,
      ...(tells?.(this.#resolved) ?? []),
      ...(this.#isDense(selected)
        ? [`Dense at this length: ${(100 * selected).toFixed(1)} % of all pairs are read.`]
        : []),
      ...(this.#oracleRows < this.#rows
        ? [`The oracle gap is that of ${this.#oracleRows} of ${this.#rows} queries, evenly spread.`]
        : []),
      ...(this.#measured.phase === 'prefill'
        ? ['Measured on the rows of the prompt; those after it are dense, and every key stays in memory.']
        : []),
      ...(info.needs.includes('gates')
        ? ['There are no learned gates for this model: groups are ranked by a stand-in.']
        : []),
      ...(info.needs.includes('probe')
        ? ['Heads were not probed on repeated tokens: groups are ranked by a stand-in.']
        : []),
    ];
  }
}

/** `fidelity`: the badge of what needs no other. What is ranked by a stand-in is a proxy of the method. */
function badgeOf({ info }: Pick<Method, 'info'>, fidelity: Badge): Badge {
  if (info.badge === 'oracle') return 'oracle';
  return info.badge === 'proxy' || info.needs.length > 0 ? 'proxy' : fidelity;
}

/** Of the finite ones; NaN where there are none. */
function meanOf(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) continue;
    sum += values[at]!;
    count++;
  }
  return count === 0 ? NaN : sum / count;
}

function shareOf(shares: readonly Share[]): number {
  const [count, of] = shares.reduce<readonly [number, number]>(
    (sum, share) => [sum[0] + share.count, sum[1] + share.of],
    [0, 0],
  );
  return count / of;
}
