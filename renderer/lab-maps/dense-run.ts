/** The run that dense attention of a comparison is read from. */
import type { LabAbout, LabRecord } from '../../shared/model/lab.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { RunHandle } from '../state/run-state.ts';

export interface DenseRun {
  /** As of run keys: unlike ids, another one with every engine. */
  readonly key: string;
  readonly runId: string;
}

/**
 * The run on screen where it is of the same tokens, which holds for stored ones as well; else that of the comparison,
 * unless it was another engine's: the same id may be another run by now.
 */
export function denseRunOf(
  { about, runId }: LabRecord,
  shown: Pick<RunHandle, 'key' | 'runId'> | undefined,
  tokens: readonly TokenView[] | undefined,
  runKey: string | undefined,
): DenseRun | undefined {
  if (!shown) return undefined;
  if (tokens?.length === about.tokens && beginsWith(about, tokens)) return { key: shown.key, runId: shown.runId };
  const [engine] = shown.key.split('/');
  return runKey === `${engine}/${runId}` ? { key: runKey, runId } : undefined;
}

/** Whether the tokens of the comparison begin with those of a prompt, so that both mean the same by an index. */
export function beginsWith({ displays }: Pick<LabAbout, 'displays'>, tokens: readonly TokenView[]): boolean {
  return tokens.length <= displays.length && tokens.every(({ display }, index) => display === displays[index]);
}
