import { formatDuration } from '../../shared/view/format.ts';
import type { ScoreJob } from '../state/scores-state.ts';

/** `Needle: prompt 3 of 20, about 5 s left` */
export function jobText({ name, progress }: ScoreJob): string {
  const eta = progress?.etaMs ?? undefined;
  return `${name}: ${progress?.phase ?? 'starting'}${eta === undefined ? '' : `, about ${formatDuration(eta)} left`}`;
}
