/**
 * What is done in one layer, sorted by where it acts: the residual that enters, then q, k and v, then scores and values
 * of each query head, then z. Each list is in the order of the interventions, and a later edit works on what the earlier
 * ones of its list left.
 */
import type { MaskSpec } from '../attention/mask.ts';

export interface LayerEdit {
  /** Of the residual that enters the layer, [rows, dModel]; q, k and v follow from what comes out. */
  readonly residual: readonly RowEdit[];
  /** Of q [rows, heads x headDim], k and v [rows, kvHeads x headDim], after the rotation. */
  readonly inputs: readonly InputEdit[];
  /** By query head. */
  readonly heads: ReadonlyMap<number, readonly HeadStep[]>;
  /** Of z [rows, heads x headDim], before the output projection. */
  readonly outputs: readonly RowEdit[];
}

/** Changes values [rows, width] in place; the first row is position `start`. `breathe` is awaited every few milliseconds. */
export type RowEdit = (values: Float32Array, start: number, breathe: () => Promise<void>) => Promise<void> | void;

export interface InputEdit {
  readonly which: 'q' | 'k' | 'v';
  readonly edit: RowEdit;
}

/** Positions, 1 = one of them; null = all, those past the end too. */
export type PositionSet = Uint8Array | null;

/** What happens to the scores of a query head before they become weights, and to the values that these weigh. */
export type HeadStep = { readonly rows: PositionSet } & (
  | { readonly kind: 'mask'; readonly mask: MaskSpec }
  | { readonly kind: 'hide-keys'; readonly keys: PositionSet }
  | { readonly kind: 'zero-values'; readonly keys: PositionSet }
  | { readonly kind: 'temper'; readonly temperature: number }
  | { readonly kind: 'uniform' }
  | { readonly kind: 'donor'; readonly donor: Donor }
  | { readonly kind: 'calibrate'; readonly keys: Int32Array; readonly beta: number }
  | { readonly kind: 'sigmoid'; readonly bias: 'none' | 'log-visible' }
);

export type HidingStep = Extract<HeadStep, { readonly kind: 'mask' | 'hide-keys' }>;

export function hidesKeys(step: HeadStep): step is HidingStep {
  return step.kind === 'mask' || step.kind === 'hide-keys';
}

/**
 * Queries and keys of the same layer of another run, whose scores take the place of a head's own. Rows without a partner
 * keep theirs; keys without one are not seen.
 */
export interface Donor {
  /** [tokens, heads x headDim] and [tokens, kvHeads x headDim]; functions, because they may lie on disk. */
  readonly queries: () => Float32Array;
  readonly keys: () => Float32Array;
  readonly tokens: number;
  /** Position in the other run, -1 = none; null = the same. */
  readonly partners: Int32Array | null;
}

export const NO_EDIT: LayerEdit = { residual: [], inputs: [], heads: new Map(), outputs: [] };

export function isAmong(set: PositionSet, position: number): boolean {
  return set === null || set[position] === 1;
}

/** Whether z is all that it changes. */
export function editsOutputsOnly({ residual, inputs, heads }: LayerEdit): boolean {
  return residual.length === 0 && inputs.length === 0 && heads.size === 0;
}

/** The second on top of the first. */
export function mergeEdits(first: LayerEdit | null, second: LayerEdit | null): LayerEdit | null {
  if (first === null || second === null) return first ?? second;
  const heads = new Map(first.heads);
  for (const [head, steps] of second.heads) heads.set(head, [...(heads.get(head) ?? []), ...steps]);
  return {
    residual: [...first.residual, ...second.residual],
    inputs: [...first.inputs, ...second.inputs],
    heads,
    outputs: [...first.outputs, ...second.outputs],
  };
}

/** Of the positions below `tokens`; -1 where there is none. */
export function lastPosition(set: PositionSet, tokens: number): number {
  return set === null ? tokens - 1 : set.subarray(0, tokens).lastIndexOf(1);
}
