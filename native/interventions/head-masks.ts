/** Steps of a head that hide keys, as one mask of the kernel. */
import { visibleUnder, type MaskSpec } from '../attention/mask.ts';
import { hidesKeys, isAmong, type HeadStep, type HidingStep, type PositionSet } from './layer-edit.ts';

/** More keys than these are not listed in a layer: 256 MiB. */
const MOST_LISTED = 2 ** 26;
/** Rows between two looks at the clock. */
const ROWS_AT_ONCE = 32;

export interface MaskedRows {
  readonly tokens: number;
  readonly queryStart: number;
  readonly window: number | null;
}

/** Of the heads of a layer. Those with equal steps share one list of keys. */
export class HeadMasks {
  readonly #rows: MaskedRows;
  readonly #breathe: () => Promise<void>;
  readonly #known: { readonly hiding: readonly HidingStep[]; readonly mask: MaskSpec | null | undefined }[] = [];
  #left: number;

  /** `most`: keys that are listed in all. */
  constructor(rows: MaskedRows, breathe: () => Promise<void>, most = MOST_LISTED) {
    this.#rows = rows;
    this.#breathe = breathe;
    this.#left = most;
  }

  /** Null: none. Undefined: there would be too many keys to list. */
  async of(steps: readonly HeadStep[]): Promise<MaskSpec | null | undefined> {
    const hiding = steps.filter(hidesKeys);
    const same = this.#known.find((each) => areEqual(each.hiding, hiding));
    if (same !== undefined) return same.mask;
    const mask = await maskOf(hiding, this.#rows, this.#breathe, this.#left);
    if (mask?.kind === 'row-keys') this.#left -= mask.keys.length;
    this.#known.push({ hiding, mask });
    return mask;
  }
}

function areEqual(some: readonly HidingStep[], others: readonly HidingStep[]): boolean {
  return some.length === others.length && some.every((step, at) => isEqual(step, others[at]!));
}

function isEqual(a: HidingStep, b: HidingStep): boolean {
  if (!isSameSet(a.rows, b.rows)) return false;
  if (a.kind === 'hide-keys') return b.kind === 'hide-keys' && isSameSet(a.keys, b.keys);
  if (b.kind === 'hide-keys') return false;
  const [mask, other] = [a.mask, b.mask];
  if (mask.kind !== 'sink-window' || other.kind !== 'sink-window') return mask === other;
  return mask.sink === other.sink && mask.window === other.window;
}

function isSameSet(a: PositionSet, b: PositionSet): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((flag, position) => flag === b[position]);
}

async function maskOf(
  hiding: readonly HidingStep[],
  { tokens, queryStart, window }: MaskedRows,
  breathe: () => Promise<void>,
  most: number,
): Promise<MaskSpec | null | undefined> {
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
      const grown = new Int32Array(Math.min(2 * keys.length, most) + visible.length);
      grown.set(keys);
      keys = grown;
    }
    for (let key = window === null ? 0 : Math.max(0, position - window + 1); key <= position; key++) {
      if (visible[key] !== 0) keys[count++] = key;
    }
    if (count > most) return undefined;
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
