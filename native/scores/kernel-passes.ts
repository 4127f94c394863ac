/** Passes over captured Q, K and V: the kernel's extra statistics, outputs under a streaming mask, norms of outputs. */
import { PLAIN, type AttentionInput, type AttentionKernel } from '../attention/kernel.ts';
import { allocateExtras, allocateStatistics, type ExtraRequest, type KeyMatch } from '../attention/statistics.ts';
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
  valueWeighted: boolean;
  readonly matches: Map<string, KeyMatch>;
}

type LayerInput = Omit<AttentionInput, 'extra'>;

export function kernelPasses(parts: PassParts): PassSource {
  const { architecture, capture, kernel, norms, gain } = parts;
  const { heads } = architecture;
  const { tokens } = capture;
  const runCells = (heads * tokens * (tokens + 1)) / 2;

  async function gather(
    layer: number,
    input: LayerInput,
    merged: Merged,
    checkpoint: (cells: number) => Promise<void>,
  ): Promise<LayerPass> {
    const { sumSquares, sinkFree, spread, matches } = merged;
    const valueNorms = merged.valueWeighted ? await norms.ofValues(layer, input.v, checkpoint) : undefined;
    const names = [...matches.keys()];
    const request: ExtraRequest = {
      sumSquares,
      ...(sinkFree && { sinkFree }),
      ...(spread && { spread: { topP: spread.topP ?? 1 } }),
      ...(names.length > 0 && { matches: [...matches.values()] }),
      ...(valueNorms && { keyWeights: valueNorms }),
    };
    const extra = allocateExtras({ heads }, tokens, request);
    const output = {
      z: new Float32Array(0),
      lse: new Float32Array(heads * tokens),
      statistics: allocateStatistics({ heads }, tokens),
      extra,
    };
    await kernel.run({ ...input, extra: request }, output, checkpoint);
    return {
      ...(extra.sumSquares && { sumSquares: extra.sumSquares }),
      ...(extra.sinkFree && { sinkFree: extra.sinkFree }),
      ...(extra.spread && { spread: extra.spread }),
      matches: Object.fromEntries(names.map((name, i) => [name, extra.matchMass![i]!])),
      ...(valueNorms && { valueNorms, valueWeighted: extra.weightedMass! }),
    };
  }

  async function stream(
    layer: number,
    input: LayerInput,
    { sink, window, space }: StreamingRequest,
    checkpoint: (cells: number) => Promise<void>,
  ): Promise<NonNullable<LayerPass['streaming']>> {
    const { z, lse } = capture.layers[layer]!;
    const masked = { z: new Float32Array(z.length), lse: new Float32Array(lse.length), statistics: null, extra: null };
    const masks = Array.from({ length: heads }, () => ({ kind: 'sink-window', sink, window }) as const);
    await kernel.run({ ...input, masks, extra: null }, masked, checkpoint);
    // Both are sums over the same scores: no weight has to be looked at again.
    const keptMass = masked.lse.map((kept, at) => Math.min(1, Math.exp(kept - lse[at]!)));
    if (space === null) return { keptMass, norms: new Float32Array(0), deviation: new Float32Array(0) };
    const of = await norms.ofOutputs(layer, space, z, checkpoint, masked.z);
    return { keptMass, norms: of.norms, deviation: of.difference! };
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
      return {
        cells: (runs.length + masks.size) * runCells,
        async run(layer, checkpoint) {
          const { q, k, v, z } = capture.layers[layer]!;
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
          for (const merged of runs) gathered.push(await gather(layer, input, merged, checkpoint));
          const streamed = new Map<string, LayerPass['streaming']>();
          for (const [key, mask] of masks) streamed.set(key, await stream(layer, input, mask, checkpoint));
          const outputNorms = wantsNorms ? (await norms.ofOutputs(layer, 'written', z, checkpoint)).norms : undefined;
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
  const { sinkFree, spread } = request;
  let at = runs.findIndex(
    (run) =>
      (sinkFree === undefined || run.sinkFree === undefined || run.sinkFree.join() === sinkFree.join()) &&
      (spread?.topP ?? run.spread?.topP ?? null) === (run.spread?.topP ?? spread?.topP ?? null),
  );
  if (at < 0) {
    at = runs.length;
    runs.push({
      sumSquares: false,
      sinkFree: undefined,
      spread: undefined,
      valueWeighted: false,
      matches: new Map<string, KeyMatch>(),
    });
  }
  const run = runs[at]!;
  run.sumSquares ||= request.sumSquares === true;
  run.valueWeighted ||= request.valueWeighted === true;
  run.sinkFree ??= sinkFree;
  if (spread !== undefined) run.spread = { topP: run.spread?.topP ?? spread.topP };
  for (const [name, match] of Object.entries(request.matches ?? {})) run.matches.set(name, match);
  return at;
}
