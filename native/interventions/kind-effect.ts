/** What an intervention does to a layer, one file a kind. */
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import type { HeadStep, InputEdit, PositionSet, RowEdit } from './layer-edit.ts';

/** An active entry that was checked, and what it is about. */
export interface PlacedEntry {
  readonly entry: Intervention;
  readonly layer: number;
  /** Query heads. */
  readonly heads: readonly number[];
  /** KV heads that these read. */
  readonly kvHeads: readonly number[];
  readonly rows: PositionSet;
  readonly keys: PositionSet;
}

/** Prompt and model that a list is planned for. */
export interface EffectContext {
  readonly model: Pick<Architecture, 'layers' | 'heads' | 'kvHeads' | 'headDim' | 'dModel' | 'slidingWindow' | 'rope'>;
  readonly ids: Int32Array;
  /** Number of the class of each token of a prompt. */
  readonly classes: (ids: Int32Array) => Uint8Array;
}

export interface EffectParts {
  readonly residual?: RowEdit;
  readonly inputs?: readonly InputEdit[];
  /** Of each of the entry's heads. */
  readonly steps?: (head: number) => readonly HeadStep[];
  readonly output?: RowEdit;
}

/** Runs of the unchanged model that an entry reads before it is told what to do. */
export interface EffectReading {
  readonly prompts: readonly Int32Array[];
  /** Called once a prompt; keeps what it needs, not the capture, unless it is of the prompt itself. */
  readonly read: (capture: Capture, index: number, breathe: () => Promise<void>) => Promise<void> | void;
  readonly parts: () => EffectParts;
}

export interface KindEffect {
  /** `prompts`: of its source, undefined without one. Throws `bad-request` for what does not fit the prompt. */
  (
    placed: PlacedEntry,
    context: EffectContext,
    prompts: readonly Int32Array[] | undefined,
  ): EffectParts | EffectReading;
}
