/** Goes through the queries of a layer under a method. */
import type { Budget, MethodParameters, ResolvedMethod } from '../../shared/model/method.ts';
import { resolveMethod } from '../../shared/model/method-parameters.ts';
import {
  firstVisible,
  type ChangedCache,
  type LayerData,
  type LayerSelector,
  type Method,
  type MethodContext,
} from './method.ts';

/** What a method is run with. */
export interface MethodRequest {
  readonly layers: number;
  readonly promptLength: number;
  readonly parameters?: MethodParameters;
  readonly budget: Budget | null;
  readonly breathe: () => Promise<void>;
}

/** Throws `bad-request` for parameters that do not fit. */
export function contextOf(
  method: Method,
  { layers, promptLength, parameters = {}, budget, breathe }: MethodRequest,
): MethodContext & { readonly resolved: ResolvedMethod } {
  const resolved = resolveMethod(method, { layers, promptLength }, parameters, budget);
  return {
    layers,
    promptLength,
    parameters: resolved.parameters,
    budget: resolved.budget,
    shared: new Map(),
    breathe,
    resolved,
  };
}

/**
 * Steps through the queries from promptLength to the last one and tells what each query head reads, of what the layer's
 * own window leaves it, and what it attends to where the method changes that: at last, with no reads, the cache after the
 * last query. Returns what the heads held before the first.
 */
export async function selectLayer(
  method: Method,
  data: LayerData,
  layer: number,
  context: MethodContext,
  onStep: (query: number, reads: readonly Int32Array[]) => Promise<void> | void,
  onChanged?: (query: number, cache: ChangedCache, reads: readonly Int32Array[]) => void | Promise<void>,
): Promise<readonly Int32Array[]> {
  const selector: LayerSelector = await method.begin(data, layer, context);
  const held = Array.from({ length: data.heads }, (_, head) => selector.held(head));
  for (let query = context.promptLength; query < data.tokens; query++) {
    const reads = visible(data, query, await selector.step(query));
    await onStep(query, reads);
    if (selector.changed !== undefined) await onChanged?.(query, await selector.changed(query), reads);
    await context.breathe();
  }
  if (selector.changed !== undefined) await onChanged?.(data.tokens, await selector.changed(data.tokens), []);
  return held;
}

/** Of what heads read, what the layer's own window leaves. Heads that shared a list still share one. */
export function visible(data: LayerData, query: number, reads: readonly Int32Array[]): readonly Int32Array[] {
  const first = firstVisible(data, query);
  if (first === 0) return reads;
  const cut = new Map<Int32Array, Int32Array>();
  return reads.map((keys) => {
    const known = cut.get(keys) ?? keys.filter((key) => key >= first);
    cut.set(keys, known);
    return known;
  });
}

/** Whether what queries attend to is not what the layer has. */
export function isChanging({ info, changes }: Method, { parameters }: Pick<MethodContext, 'parameters'>): boolean {
  return changes?.(parameters) ?? info.classes.includes('modifying');
}
