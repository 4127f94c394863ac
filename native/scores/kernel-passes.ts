/** Passes over captured Q, K and V: the kernel's extra statistics, outputs under a streaming mask, norms of outputs. */
import { PLAIN, type AttentionInput, type AttentionKernel } from '../attention/kernel.ts';
import {
  allocateExtras,
  allocateRowStatistics,
  SINK_KEYS,
  type AttentionStatistics,
  type ExtraRequest,
  type ExtraStatistics,
  type Gathering,
  type KeyMatch,
} from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { needsExtras, type LayerPass, type PassRequest, type PassSource, type StreamingRequest } from './layer-pass.ts';
import type { OutputNorms } from './output-norms.ts';

export interface PassParts {
  readonly architecture: Pick<Architecture, 'heads' | 'kvHeads' | 'headDim' | 'scale' | 'slidingWindow'>;
  readonly capture: Capture;
  readonly kernel: AttentionKernel;
  readonly norms: OutputNorms;
  /** Factor on z of each head that the capture was made with, or null where nothing changed. */
  readonly gain: (layer: number) => Float32Array | null;
}

/** What one run of the kernel gathers for several requests. */
interface Merged {
  sumSquares: boolean;
  sinkFree: Int32Array | undefined;
  spread: { readonly topP: number | null } | undefined;
  valueWeighted: 'written' | 'head' | undefined;
  column: number | undefined;
  readonly matches: Map<string, KeyMatch>;
}

type LayerInput = Omit<AttentionInput, 'extra'>;
type Pass = (cells: number) => Promise<void>;
interface Gatherer {
  /** For the run's own pass over the layer, in place of `run`. */
  gather(layer: number, v: Float32Array, checkpoint: Pass): Promise<Gathering>;
  /** Norms of the values, where they weigh. */
  prepare(layer: number, checkpoint: Pass): Promise<void>;
  run(layer: number, input: LayerInput, checkpoint: Pass): Promise<LayerPass>;
}
/** What is gathered of one layer. */
interface Gathered {
  readonly extra: ExtraStatistics;
  valueNorms?: Float32Array;
  /** Whether the run's own pass over the layer gathers it. */
  byRun: boolean;
}
type Stream = (
  layer: number,
  input: LayerInput,
  /** Of the layer, where they are known. */
  outputNorms: Float32Array | undefined,
  checkpoint: Pass,
) => Promise<NonNullable<LayerPass['streaming']>>;

const NOTHING = new Float32Array(0);

export function kernelPasses(parts: PassParts): PassSource {
  const { architecture, capture, kernel, norms, gain } = parts;
  const { heads } = architecture;
  const { tokens } = capture;
  const cellsBefore = (row: number) => (heads * row * (row + 1)) / 2;

  /**
   * The same arrays serve all layers: what is told of one is read before the next is asked for. Where the run gathers,
   * one layer is read while it gathers the next, so that two sets take turns.
   */
  function gatherer(merged: Merged): Gatherer {
    const { sumSquares, sinkFree, spread, matches, valueWeighted, column } = merged;
    const names = [...matches.keys()];
    const request: ExtraRequest = {
      sumSquares,
      ...(sinkFree && { sinkFree }),
      ...(spread && { spread: { topP: spread.topP ?? 1 } }),
      ...(names.length > 0 && { matches: [...matches.values()] }),
      ...(column !== undefined && { targets: sameForAllRows(column, tokens) }),
    };
    const turns: Gathered[] = [];
    let turnCount = 1;
    const turnOf = (layer: number) =>
      (turns[layer % turnCount] ??= {
        extra: {
          ...allocateExtras({ heads }, tokens, request),
          ...(valueWeighted && { weightedMass: new Float32Array(heads * tokens) }),
        },
        byRun: false,
      });
    const asked = ({ valueNorms }: Gathered) => ({ ...request, ...(valueNorms && { keyWeights: valueNorms }) });
    const weigh = async (into: Gathered, layer: number, v: Float32Array, checkpoint: Pass): Promise<void> => {
      if (valueWeighted !== undefined) into.valueNorms = await norms.ofValues(layer, valueWeighted, v, checkpoint);
    };
    /** What a pass tells beside, which the run has. */
    let others: { readonly lse: Float32Array; readonly statistics: AttentionStatistics } | undefined;
    return {
      async gather(layer, v, checkpoint) {
        turnCount = 2;
        const into = turnOf(layer);
        await weigh(into, layer, v, checkpoint);
        into.byRun = true;
        return { request: asked(into), extra: into.extra };
      },
      async prepare(layer, checkpoint) {
        const into = turnOf(layer);
        if (!into.byRun) await weigh(into, layer, capture.layers[layer]!.v, checkpoint);
      },
      async run(layer, input, checkpoint) {
        const into = turnOf(layer);
        const { extra, valueNorms } = into;
        if (!into.byRun) {
          others ??= { lse: new Float32Array(heads * tokens), statistics: allocateRowStatistics({ heads }, tokens) };
          await kernel.run({ ...input, extra: asked(into) }, { z: NOTHING, ...others, extra }, checkpoint);
        }
        into.byRun = false;
        return {
          ...(extra.sumSquares && { sumSquares: extra.sumSquares }),
          ...(extra.sinkFree && { sinkFree: extra.sinkFree }),
          ...(extra.spread && { spread: extra.spread }),
          ...(names.length > 0 && {
            matches: Object.fromEntries(names.map((name, i) => [name, extra.matchMass![i]!])),
          }),
          ...(extra.targetMass && { column: extra.targetMass }),
          ...(valueNorms && { valueNorms, valueWeighted: extra.weightedMass! }),
        };
      },
    };
  }

  function streamer({ sink, window, space }: StreamingRequest): Stream {
    const width = heads * architecture.headDim;
    const from = firstHidden({ sink, window }, tokens);
    const rows = tokens - from;
    const masked = {
      z: new Float32Array(rows * width),
      lse: new Float32Array(heads * rows),
      statistics: null,
      extra: null,
    };
    const masks = Array.from({ length: heads }, () => ({ kind: 'sink-window', sink, window }) as const);
    const keptMass = new Float32Array(heads * tokens).fill(1);
    const deviation = new Float32Array(space === null ? 0 : heads * tokens);
    return async (layer, input, outputNorms, checkpoint) => {
      const { z, lse } = capture.layers[layer]!;
      const q = input.q.subarray(from * width);
      if (rows > 0) await kernel.run({ ...input, q, queryStart: from, masks, extra: null }, masked, checkpoint);
      writeKept(keptMass, lse, masked.lse, tokens, from);
      if (space === null) return { keptMass, norms: NOTHING, deviation };
      if (rows > 0) {
        const found = await norms.ofOutputs(layer, space, z.subarray(from * width), checkpoint, masked.z);
        for (let head = 0; head < heads; head++) {
          deviation.set(found.subarray(head * rows, (head + 1) * rows), head * tokens + from);
        }
      }
      if (space === 'written' && outputNorms !== undefined) return { keptMass, norms: outputNorms, deviation };
      return { keptMass, norms: await norms.ofOutputs(layer, space, z, checkpoint), deviation };
    };
  }

  return {
    gathersExtras: kernel.gathersExtras,
    plan(requests) {
      const runs: Merged[] = [];
      const masks = new Map<string, StreamingRequest>();
      const runOf = requests.map((request) => (needsExtras(request) ? mergeInto(runs, request) : null));
      for (const { streaming } of requests) {
        if (streaming === undefined) continue;
        const known = masks.get(maskKey(streaming));
        if (known === undefined || known.space === null) masks.set(maskKey(streaming), streaming);
      }
      const wantsNorms = requests.some(({ outputNorms }) => outputNorms === true);
      const gatherers = runs.map(gatherer);
      const byRun = kernel.gathersExtras ? gatherers[runs.findIndex(leavesBits)] : undefined;
      const streamers = [...masks].map(([key, mask]) => [key, streamer(mask)] as const);
      let outputNorms: Float32Array | undefined;
      return {
        cells: [...masks.values()].reduce(
          (sum, mask) => sum + cellsBefore(tokens) - cellsBefore(firstHidden(mask, tokens)),
          runs.length * cellsBefore(tokens),
        ),
        gather: async (layer, v, checkpoint) => (await byRun?.gather(layer, v, checkpoint)) ?? null,
        async prepare(layer, checkpoint) {
          for (const gatherer of gatherers) await gatherer.prepare(layer, checkpoint);
          if (wantsNorms) outputNorms = await norms.ofOutputs(layer, 'written', capture.layers[layer]!.z, checkpoint);
        },
        async run(layer, checkpoint) {
          const { q, k, v } = capture.layers[layer]!;
          const input = {
            ...PLAIN,
            q,
            k,
            v,
            tokens,
            scale: architecture.scale[layer]!,
            window: architecture.slidingWindow[layer] ?? null,
            gain: gain(layer),
          };
          const gathered: LayerPass[] = [];
          for (const gatherer of gatherers) gathered.push(await gatherer.run(layer, input, checkpoint));
          const streamed = new Map<string, LayerPass['streaming']>();
          for (const [key, stream] of streamers) streamed.set(key, await stream(layer, input, outputNorms, checkpoint));
          return requests.map((request, i) => {
            const at = runOf[i] ?? null;
            const { streaming } = request;
            return {
              ...(at === null ? {} : gathered[at]),
              ...(streaming && { streaming: streamed.get(maskKey(streaming))! }),
              ...(outputNorms && { outputNorms }),
            };
          });
        },
      };
    },
  };
}

/**
 * Mass that is kept of the rows from `from` on, out of the LSE of all scores, [heads, tokens], and of those that are
 * left, [heads, tokens - from]: no weight has to be looked at again.
 */
function writeKept(kept: Float32Array, lse: Float32Array, left: Float32Array, tokens: number, from: number): void {
  const rows = tokens - from;
  for (let at = 0; at < left.length; at++) {
    const all = Math.floor(at / rows) * tokens + from + (at % rows);
    kept[all] = Math.min(1, Math.exp(left[at]! - lse[all]!));
  }
}

/** Whether the run may gather it: keys past the first ones would be summed up apart, and the run's own sums rounded anew. */
function leavesBits({ sinkFree }: Merged): boolean {
  return sinkFree === undefined || sinkFree.every((key) => key < SINK_KEYS);
}

/** The first row from which the mask hides something; `tokens` where there is none. */
function firstHidden({ sink, window }: Pick<StreamingRequest, 'sink' | 'window'>, tokens: number): number {
  return Math.min(tokens, sink + window);
}

/** A list with one key for each row. */
function sameForAllRows(key: number, rows: number): NonNullable<ExtraRequest['targets']> {
  const offsets = new Int32Array(rows + 1);
  for (let row = 0; row <= rows; row++) offsets[row] = row;
  return { offsets, keys: new Int32Array(rows).fill(key) };
}

/** Masks that differ only in where outputs are compared share one run, unless both spaces are asked for. */
function maskKey({ sink, window, space }: StreamingRequest): string {
  return `${sink}/${window}/${space === 'head' ? 'head' : 'written'}`;
}

/** Into the first run that it agrees with, or one of its own. Answers its index. */
function mergeInto(runs: Merged[], request: PassRequest): number {
  const { sinkFree, spread, valueWeighted, column } = request;
  let at = runs.findIndex(
    (run) =>
      (sinkFree === undefined || run.sinkFree === undefined || run.sinkFree.join() === sinkFree.join()) &&
      (valueWeighted ?? run.valueWeighted) === (run.valueWeighted ?? valueWeighted) &&
      (column ?? run.column) === (run.column ?? column) &&
      (spread?.topP ?? run.spread?.topP ?? null) === (run.spread?.topP ?? spread?.topP ?? null),
  );
  if (at < 0) {
    at = runs.length;
    runs.push({
      sumSquares: false,
      sinkFree: undefined,
      spread: undefined,
      valueWeighted: undefined,
      column: undefined,
      matches: new Map<string, KeyMatch>(),
    });
  }
  const run = runs[at]!;
  run.sumSquares ||= request.sumSquares === true;
  run.valueWeighted ??= valueWeighted;
  run.column ??= column;
  run.sinkFree ??= sinkFree;
  if (spread !== undefined) run.spread = { topP: run.spread?.topP ?? spread.topP };
  for (const [name, match] of Object.entries(request.matches ?? {})) run.matches.set(name, match);
  return at;
}
