/** Steps of a head that hide keys, as one mask of the kernel. */
import { visibleUnder, type MaskSpec } from '../attention/mask.ts';
import { hidesKeys, isAmong, type HeadStep, type HidingStep } from './layer-edit.ts';

/** Lists over this are not made: 64 MiB. */
const MOST_LISTED = 2 ** 24;
/** Rows between two looks at the clock. */
const ROWS_AT_ONCE = 32;

export interface MaskedRows {
  readonly tokens: number;
  readonly queryStart: number;
  readonly window: number | null;
}

/** Null: none. Undefined: there would be too many keys to list. */
export async function maskOf(
  steps: readonly HeadStep[],
  { tokens, queryStart, window }: MaskedRows,
  breathe: () => Promise<void>,
): Promise<MaskSpec | null | undefined> {
  const hiding = steps.filter(hidesKeys);
  if (hiding.length === 0) return null;
  const simple = plainMask(hiding);
  if (simple !== undefined) return simple;
  const rows = tokens - queryStart;
  const offsets = new Int32Array(rows + 1);
  let keys = new Int32Array(1024);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const position = queryStart + row;
    const visible = visibleTo(hiding, tokens, position, row);
    if (count + visible.length > keys.length) {
      const grown = new Int32Array(2 * keys.length + visible.length);
      grown.set(keys);
      keys = grown;
    }
    for (let key = window === null ? 0 : Math.max(0, position - window + 1); key <= position; key++) {
      if (visible[key] !== 0) keys[count++] = key;
    }
    if (count > MOST_LISTED) return undefined;
    offsets[row + 1] = count;
    if (row % ROWS_AT_ONCE === 0) await breathe();
  }
  return { kind: 'row-keys', offsets, keys: keys.subarray(0, count) };
}

/** One that says them all, where there is one. */
function plainMask(hiding: readonly HidingStep[]): MaskSpec | undefined {
  const masks: MaskSpec[] = [];
  for (const step of hiding) {
    if (step.kind !== 'mask' || step.rows !== null) return undefined;
    masks.push(step.mask);
  }
  if (masks.length === 1) return masks[0];
  // Keys within both sinks or both windows: where one of two masks lies in the other, that one says both.
  return masks.find((inner) =>
    masks.every(
      (outer) =>
        inner.kind === 'sink-window' &&
        outer.kind === 'sink-window' &&
        inner.sink <= outer.sink &&
        inner.window <= outer.window,
    ),
  );
}

function visibleTo(hiding: readonly HidingStep[], tokens: number, position: number, row: number): Uint8Array {
  const visible = new Uint8Array(position + 1).fill(1);
  for (const step of hiding) {
    if (!isAmong(step.rows, position)) continue;
    if (step.kind === 'mask') {
      const seen = visibleUnder(step.mask, tokens, position, row);
      for (let key = 0; key <= position; key++) visible[key]! &= seen[key]!;
    } else {
      for (let key = 0; key <= position; key++) if (isAmong(step.keys, key)) visible[key] = 0;
    }
  }
  return visible;
}
