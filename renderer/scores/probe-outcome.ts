/** What the window makes of a probe run that has ended. Pure. */
import type { WireError } from '../../shared/base/app-error.ts';
import type { OriginTables } from '../engine/data-keys.ts';
import type { ScoreOrigin } from '../state/scores-state.ts';
import type { Notice } from '../state/ui-state.ts';

/**
 * The score to look at first: the first that was asked for by name, else the retrieval score where answers gave one, else
 * the first there is. Undefined where none has values.
 */
export function tellingScore(
  wanted: readonly string[] | undefined,
  tables: OriginTables | undefined,
): string | undefined {
  const ready = (tables?.tables ?? []).flatMap(({ info, values }) => (values ? [info] : []));
  const named = wanted?.find((id) => ready.some((info) => info.id === id));
  return named ?? (ready.find(({ data }) => data === 'needle') ?? ready[0])?.id;
}

/** For who has closed the dialog; undefined where the run was cancelled. */
export function probeNotice(
  name: string,
  origin: ScoreOrigin | undefined,
  error: WireError | undefined,
): Notice | undefined {
  if (origin) {
    return { tone: 'info', text: `${name}: scored (${origin.detail}). Its scores are in every choice of a score.` };
  }
  return error && { tone: 'bad', text: `${name}: ${error.message} ${error.hint ?? ''}`.trim() };
}
