import { useApp } from '../app/app-context.ts';
import { patch } from '../state/store.ts';
import type { ScoreTarget } from '../state/ui-state.ts';
import { entryName, type ScoreEntry } from './score-entries.ts';

interface ScoreButtonProps {
  readonly target: ScoreTarget;
  /** What is chosen now. */
  readonly entry: ScoreEntry | undefined;
  /** What the score is for, said before its name by screen readers. */
  readonly label: string;
}

/** The score that is chosen, and the way to all others and to its definition. */
export function ScoreButton({ target, entry, label }: ScoreButtonProps) {
  const { store } = useApp();
  const name = entry ? entryName(entry) : 'none';
  return (
    <button
      type="button"
      className="hs-score-button"
      aria-haspopup="dialog"
      aria-label={`${label}: ${name}`}
      title={entry ? `${name}, ${entry.info.unit}. ${entry.info.definition}` : label}
      onClick={() => patch(store, 'ui', { dialog: 'scores', scoreTarget: target })}
    >
      <span className="hs-score-button__name">{name}</span>
      <span aria-hidden="true">▾</span>
    </button>
  );
}
