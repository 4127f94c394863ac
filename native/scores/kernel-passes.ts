/** Passes over captured Q, K and V: the kernel's extra statistics, outputs under a streaming mask, norms of outputs. */
import { PLAIN, type AttentionInput, type AttentionKernel } from '../attention/kernel.ts';
import {
  allocateExtras,
  allocateRowStatistics,
  type ExtraRequest,
  type ExtraStatistics,
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
  readonly matches: Map<string, KeyMatch>;
}

type LayerInput = Omit<AttentionInput, 'extra'>;
type Pass = (cells: number) => Promise<void>;
interface Gatherer {
  /** Norms of the values, where they weigh. */
  prepare(layer: number, checkpoint: Pass): Promise<void>;
  run(input: LayerInput, checkpoint: Pass): Promise<LayerPass>;
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
  const runCells = (heads * tokens * (tokens + 1)) / 2;

  /** Arrays are the same for all layers: what is told of one is read before the next is asked for. */
  function gatherer(merged: Merged): Gatherer {
    const { sumSquares, sinkFree, spread, matches, valueWeighted } = merged;
    const names = [...matches.keys()];
    const request: ExtraRequest = {
      sumSquares,
      ...(sinkFree && { sinkFree }),
      ...(spread && { spread: { topP: spread.topP ?? 1 } }),
      ...(names.length > 0 && { matches: [...matches.values()] }),
    };
    const extra: ExtraStatistics = {
      ...allocateExtras({ heads }, tokens, request),
      ...(valueWeighted && { weightedMass: new Float32Array(heads * tokens) }),
    };
    const output = {
      z: NOTHING,
      lse: new Float32Array(heads * tokens),
      statistics: allocateRowStatistics({ heads }, tokens),
      extra,
    };
    let valueNorms: Float32Array | undefined;
    return {
      async prepare(layer, checkpoint) {
        if (valueWeighted === undefined) return;
        valueNorms = await norms.ofValues(layer, valueWeighted, capture.layers[layer]!.v, checkpoint);
      },
      async run(input, checkpoint) {
        const asked = { ...request, ...(valueNorms && { keyWeights: valueNorms }) };
        await kernel.run({ ...input, extra: asked }, output, checkpoint);
        return {
          ...(extra.sumSquares && { sumSquares: extra.sumSquares }),
          ...(extra.sinkFree && { sinkFree: extra.sinkFree }),
          ...(extra.spread && { spread: extra.spread }),
          ...(names.length > 0 && {
            matches: Object.fromEntries(names.map((name, i) => [name, extra.matchMass![i]!])),
          }),
          ...(valueNorms && { valueNorms, valueWeighted: extra.weightedMass! }),
        };
      },
    };
  }

  function streamer({ sink, window, space }: StreamingRequest): Stream {
    const width = heads * architecture.headDim;
    const masked = {
      z: new Float32Array(tokens * width),
      lse: new Float32Array(heads * tokens),
      statistics: null,
      extra: null,
    };
    const masks = Array.from({ length: heads }, () => ({ kind: 'sink-window', sink, window }) as const);
    const keptMass = new Float32Array(heads * tokens);
    return async (layer, input, outputNorms, checkpoint) => {
      const { z, lse } = capture.layers[layer]!;
      await kernel.run({ ...input, masks, extra: null }, masked, checkpoint);
      // Both are sums over the same scores: no weight has to be looked at again.
      for (let at = 0; at < keptMass.length; at++) keptMass[at] = Math.min(1, Math.exp(masked.lse[at]! - lse[at]!));
      if (space === null) return { keptMass, norms: NOTHING, deviation: NOTHING };
      const deviation = await norms.ofOutputs(layer, space, z, checkpoint, masked.z);
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
      const streamers = [...masks].map(([key, mask]) => [key, streamer(mask)] as const);
      let outputNorms: Float32Array | undefined;
      return {
        cells: (runs.length + masks.size) * runCells,
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
          for (const gatherer of gatherers) gathered.push(await gatherer.run(input, checkpoint));
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

/** Masks that differ only in where outputs are compared share one run, unless both spaces are asked for. */
function maskKey({ sink, window, space }: StreamingRequest): string {
  return `${sink}/${window}/${space === 'head' ? 'head' : 'written'}`;
}

/** Into the first run that it agrees with, or one of its own. Answers its index. */
function mergeInto(runs: Merged[], request: PassRequest): number {
  const { sinkFree, spread, valueWeighted } = request;
  let at = runs.findIndex(
    (run) =>
      (sinkFree === undefined || run.sinkFree === undefined || run.sinkFree.join() === sinkFree.join()) &&
      (valueWeighted ?? run.valueWeighted) === (run.valueWeighted ?? valueWeighted) &&
      (spread?.topP ?? run.spread?.topP ?? null) === (run.spread?.topP ?? spread?.topP ?? null),
  );
  if (at < 0) {
    at = runs.length;
    runs.push({
      sumSquares: false,
      sinkFree: undefined,
      spread: undefined,
      valueWeighted: undefined,
      matches: new Map<string, KeyMatch>(),
    });
  }
  const run = runs[at]!;
  run.sumSquares ||= request.sumSquares === true;
  run.valueWeighted ??= valueWeighted;
  run.sinkFree ??= sinkFree;
  if (spread !== undefined) run.spread = { topP: run.spread?.topP ?? spread.topP };
  for (const [name, match] of Object.entries(request.matches ?? {})) run.matches.set(name, match);
  return at;
}
