/** What the views of kept keys need to be known: all that the head read, the query that is looked at, one key. Pure. */
import type { HeadId } from '../../shared/model/head-id.ts';
import type { DataCache } from '../engine/data-cache.ts';
import type { Demand, Demands } from '../engine/demand.ts';
import { keptRowsKey, labKey, methodKeyKey, methodStepKey } from '../lab/lab-keys.ts';
import type { AppState } from '../state/store.ts';
import type { KeptHover } from '../state/ui-state.ts';
import { keptView } from './kept-view.ts';

/** Empty unless they are on screen with something that the engine may still hold. */
export function keptDemands(
  { view, lab, edit, ui }: Pick<AppState, 'view' | 'lab' | 'edit' | 'ui'>,
  cache: Pick<DataCache, 'value'>,
): Demands {
  if (view.centre !== 'lab' || lab.shown !== 'kept' || lab.result === undefined) return {};
  const record = cache.value(labKey(lab.result));
  const shown = record && keptView(record, lab, edit.head);
  const trace = shown?.result.trace;
  if (!shown || trace === undefined || trace === null) return {};
  const { head, query } = shown;
  const of = keyInQuestion({ pinned: lab.key, hover: ui.keptHover, query });
  return {
    keptRows: rowsDemand(trace, head),
    methodStep: stepDemand(trace, query),
    ...(of ? { methodKey: keyDemand(trace, of) } : {}),
  };
}

export function rowsDemand(trace: string, { layer, head }: HeadId): Demand {
  const of = { layer, head };
  return {
    key: keptRowsKey(trace, layer, head),
    previews: false,
    load: async (client, signal) => ({ ...of, ...(await client.call('method.rows', { trace, ...of }, { signal })) }),
  };
}

export function stepDemand(trace: string, query: number): Demand {
  return {
    key: methodStepKey(trace, query),
    previews: false,
    load: async (client, signal) => ({ query, ...(await client.call('method.step', { trace, query }, { signal })) }),
  };
}

export function keyDemand(trace: string, of: { readonly query: number; readonly key: number }): Demand {
  return {
    key: methodKeyKey(trace, of.query, of.key),
    previews: false,
    load: async (client, signal) => ({ ...of, ...(await client.call('method.key', { trace, ...of }, { signal })) }),
  };
}

/** The key under the pointer, else the pinned one, and the query that it is seen from; none after its query. */
export function keyInQuestion(of: {
  readonly pinned: number | null;
  readonly hover: KeptHover | undefined;
  /** That is looked at. */
  readonly query: number;
}): { readonly query: number; readonly key: number } | undefined {
  const key = of.hover?.key ?? of.pinned;
  const query = of.hover?.query ?? of.query;
  return key === null || key > query ? undefined : { query, key };
}
