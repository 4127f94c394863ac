import type { EffectKind, EffectResults } from '../../shared/model/effect-results.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { effectKey } from './effect-keys.ts';

/** The result of a kind that there is, of the model on screen. */
export function useEffectResult<Kind extends EffectKind>(kind: Kind): EffectResults[Kind] | undefined {
  const id = useAppState(({ effects }) => effects.results[kind]);
  const modelId = useAppState(({ model }) => model.info?.modelId);
  const entry = useData(id === undefined ? undefined : effectKey(kind, id));
  const result = entry?.status === 'ready' ? entry.value : undefined;
  return result?.about.modelId === modelId ? result : undefined;
}
