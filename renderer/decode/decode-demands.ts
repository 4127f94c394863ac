/** What the view of generated tokens needs to be known of the step that is looked at. Pure. */
import type { DataCache } from '../engine/data-cache.ts';
import type { Demands } from '../engine/demand.ts';
import { decodeKey, methodRowKey } from '../lab/lab-keys.ts';
import { keyDemand, keyInQuestion, rowsDemand, stepDemand } from '../lab-kept/kept-demands.ts';
import type { AppState } from '../state/store.ts';
import { decodeView } from './decode-view.ts';

/** Empty unless it is on screen with something that the engine may still hold. */
export function decodeDemands(
  { view, decode, edit, ui }: Pick<AppState, 'view' | 'decode' | 'edit' | 'ui'>,
  cache: Pick<DataCache, 'value'>,
): Demands {
  if (view.centre !== 'decode' || decode.result === undefined) return {};
  const record = cache.value(decodeKey(decode.result));
  const shown = record && decodeView(record, decode, edit.head);
  if (!shown || shown.trace === null) return {};
  const { trace, head, query, isDense } = shown;
  const rows = { keptRows: rowsDemand(trace, head) } satisfies Demands;
  // Rows before the method are none of its trace.
  if (isDense) return rows;
  const asked = keyInQuestion({ pinned: decode.key, hover: ui.keptHover, query });
  return {
    ...rows,
    methodStep: stepDemand(trace, query),
    methodRow: {
      key: methodRowKey(trace, head.layer, head.head, query),
      previews: false,
      load: (client, signal) => client.call('method.row', { trace, ...head, query }, { signal }),
    },
    ...(asked ? { methodKey: keyDemand(trace, asked) } : {}),
  };
}
