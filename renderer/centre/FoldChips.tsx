import { useApp } from '../app/app-context.ts';
import { formatCount } from '../../shared/view/format.ts';
import { renameFold, unfold } from '../state/edits.ts';
import type { TokenFold } from '../state/folds.ts';

/** The folded spans of the prompt, to be named and unfolded. */
export function FoldChips({ folds }: { readonly folds: readonly TokenFold[] }) {
  const { store } = useApp();
  if (folds.length === 0) return undefined;
  return (
    <ul className="hs-folds" aria-label="Folded spans">
      {folds.map((fold) => {
        const span = `${formatCount(fold.start)}–${formatCount(fold.end - 1)}`;
        return (
          <li key={fold.start}>
            <input
              type="text"
              aria-label={`Name of the span ${span}`}
              title="Name on the axes"
              size={Math.max(4, Math.min(24, fold.name.length))}
              maxLength={60}
              value={fold.name}
              onChange={({ target }) => renameFold(store, fold, target.value)}
            />
            <span>{span}</span>
            <button
              type="button"
              aria-label={`Unfold ${fold.name || span}`}
              title="Unfold"
              onClick={() => unfold(store, fold)}
            >
              ×
            </button>
          </li>
        );
      })}
    </ul>
  );
}
