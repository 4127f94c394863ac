/** A method on a run that is there: every layer keeps the q, k and v of dense attention (F1). */
import type { Budget, MethodParameters, ResolvedMethod } from '../../shared/model/method.ts';
import { DENSE_FROM, type MethodResult, type StepCosts } from '../../shared/model/method-result.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { inverseFrequencies } from '../families/rope.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { attendChanged } from './attend-changed.ts';
import { countKeys, type LayerCounts, type LayerReads, type Share } from './key-counts.ts';
import { DenseLayer, type LayerMasses, type MassParts } from './layer-masses.ts';
import { firstVisible, FREE, type LayerData, type Method, type MethodContext, type MethodCosts } from './method.ts';
import { oracleRows, type OracleRows } from './oracle-masses.ts';
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
}

export interface MethodRunRequest {
  readonly method: Method;
  readonly parameters: MethodParameters;
  /** Each gives a result; null for the published one. */
  readonly budgets: readonly (Budget | null)[];
  /** Below the number of tokens. */
  readonly promptLength: number;
}

/** What a run says of a method; whether its lists are kept is not for here. */
export type MeasuredMethod = Omit<MethodResult, 'trace'>;

/**
 * `onLayer`: is told what was read, layer by layer, with the index of the budget. Throws `bad-request` for parameters
 * that do not fit, `needs-addon`, `CancelledError`.
 */
export async function runMethod(
  parts: MethodRunParts,
  request: MethodRunRequest,
  job: Job,
  onLayer: (budget: number, reads: LayerReads) => void = () => undefined,
): Promise<MeasuredMethod[]> {
  const { architecture, capture } = parts;
  const { method, parameters, budgets, promptLength } = request;
  const { layers } = architecture;
  const breathe = breather(job);
  const checkpoint = new Checkpoint(job, layers * (1 + budgets.length));
  const pass = () => checkpoint.pass(0);
  const tries = budgets.map((budget) => {
    const context = contextOf(method, { layers, promptLength, parameters, budget, breathe });
    return { context, tally: new Tally(parts, request, context.resolved) };
  });
  const indices = Array.from({ length: layers }, (_, layer) => layer);
  const read = (layer: number): Promise<LayerData> => Promise.resolve(layerData(architecture, capture, layer));
  for (const { context } of tries) await method.prepare?.({ indices, read }, context);
  for (const layer of indices) {
    checkpoint.phase = `Layer ${layer + 1} of ${layers}`;
    const data = await read(layer);
    const dense = await DenseLayer.of(parts, data, layer, promptLength, capture.layers[layer]!.z, pass);
    const oracle = await oracleRows(data, promptLength, breathe);
    await checkpoint.pass(1);
    for (const [budget, { context, tally }] of tries.entries()) {
      const { reads, changed } = await attended(method, data, layer, context);
      const masses = await dense.under(reads, changed, pass);
      const counts = await countKeys(data, promptLength, reads, method.info.evicts, breathe);
      onLayer(budget, reads);
      tally.add(data, reads, masses, counts, oracle);
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

/** What is read, and the outputs, [rows, heads x headDim], of a method that changes keys, values or outputs. */
async function attended(method: Method, data: LayerData, layer: number, context: MethodContext) {
  const { heads, headDim, tokens } = data;
  const width = heads * headDim;
  const reads = Array.from({ length: heads }, (): Int32Array[] => []);
  const changed = isChanging(method, context) ? new Float32Array((tokens - context.promptLength) * width) : null;
  await selectLayer(
    method,
    data,
    layer,
    context,
    (_query, own) => own.forEach((keys, head) => reads[head]!.push(keys)),
    async (query, cache, own) => {
      if (changed === null || query === tokens) return;
      const at = (query - context.promptLength) * width;
      await attendChanged(data, query, own, cache, changed.subarray(at, at + width), context.breathe);
    },
  );
  return { reads, changed };
}

/** Layers of one budget, put together. */
class Tally {
  readonly #parts: MethodRunParts;
  readonly #request: MethodRunRequest;
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

  constructor(parts: MethodRunParts, request: MethodRunRequest, resolved: ResolvedMethod) {
    this.#parts = parts;
    this.#request = request;
    this.#resolved = resolved;
    this.#rows = parts.capture.tokens - request.promptLength;
    this.#lost = new Float64Array(this.#rows);
  }

  add(data: LayerData, reads: LayerReads, masses: LayerMasses, counts: LayerCounts, oracle: OracleRows): void {
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
        this.#oracle.recall += oracle.mass(head, at, reads[head]![row]!.length);
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
    const { tokens } = capture;
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
        tokens,
        read: keys.read / (layers * heads),
        budget: this.#resolved.budget,
        bytes: BYTES,
      },
      this.#resolved.parameters,
    );
    const costs = this.#costs({ ...keys, resident: total((each) => each.residentLast) }, choosing);
    const visible = Array.from(
      { length: layers },
      (_, layer) => tokens - firstVisible({ window: architecture.slidingWindow[layer] ?? null }, tokens - 1),
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
      badge: method.info.badge === 'oracle' ? 'oracle' : 'layer-local',
      resolved: this.#resolved,
      params: this.#resolved.parameters,
      tokens,
      promptLength,
      rows: this.#rows,
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
      kl: null,
      nllAnswer: null,
      accuracy: null,
      answer: null,
      notGiven: 'Layer-local: errors are not carried on to the logits, so there is neither KL nor an answer.',
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

  #notes(selected: number): string[] {
    const { info } = this.#request.method;
    return [
      ...(this.#isDense(selected)
        ? [`Dense at this length: ${(100 * selected).toFixed(1)} % of all pairs are read.`]
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

/** Of the finite ones; NaN where there are none. */
function meanOf(values: Float64Array): number {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? NaN : finite.reduce((sum, each) => sum + each, 0) / finite.length;
}

function shareOf(shares: readonly Share[]): number {
  const [count, of] = shares.reduce<readonly [number, number]>(
    (sum, share) => [sum[0] + share.count, sum[1] + share.of],
    [0, 0],
  );
  return count / of;
}
