import type { EffectKind, EffectResults } from '../../shared/model/effect-results.ts';
import type { AlignedPair } from '../../shared/model/effect.ts';
import type { TaskInfo } from '../../shared/model/task.ts';
import type { DataKey } from '../engine/data-cache.ts';

/** A result of a sweep or of patching. Stays until another of its kind takes its place. */
export function effectKey<Kind extends EffectKind>(kind: Kind, id: string): DataKey<EffectResults[Kind]> {
  return `effect/${kind}/${id}`;
}

/** Tasks that the open model can be given. */
export function tasksKey(modelId: string): DataKey<readonly TaskInfo[]> {
  return `tasks/${modelId}`;
}

/** Two prompts side by side, before anything is patched. `pair`: both and how they are aligned, as text. */
export function pairKey(modelId: string, pair: string): DataKey<AlignedPair> {
  return `pair/${modelId}/${pair}`;
}
