import type { LabRecord, LabTaskRecord } from '../../shared/model/lab.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { labKey, labTaskKey } from './lab-keys.ts';

/** The comparison that there is, of the model on screen. */
export function useLabRecord(): LabRecord | undefined {
  const id = useAppState(({ lab }) => lab.result);
  const modelId = useAppState(({ model }) => model.info?.modelId);
  const entry = useData(id === undefined ? undefined : labKey(id));
  const record = entry?.status === 'ready' ? entry.value : undefined;
  return record?.about.modelId === modelId ? record : undefined;
}

/** The same on a task. */
export function useLabTaskRecord(): LabTaskRecord | undefined {
  const id = useAppState(({ lab }) => lab.taskResult);
  const modelId = useAppState(({ model }) => model.info?.modelId);
  const entry = useData(id === undefined ? undefined : labTaskKey(id));
  const record = entry?.status === 'ready' ? entry.value : undefined;
  return record?.about.modelId === modelId ? record : undefined;
}
