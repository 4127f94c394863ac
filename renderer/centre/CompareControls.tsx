import { formatHead, parseHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { includesHead, MOST_COMPARED_HEADS, type HeadComparison, type MapDifference } from '../state/comparison.ts';
import { addToComparison, endComparison, setDifference } from '../state/edits.ts';

/** Adds the selected head, chooses the difference, ends the comparison. */
export function CompareControls({ comparison }: { readonly comparison: HeadComparison }) {
  const { store } = useApp();
  const selected = useAppState(({ edit }) => edit.head);
  const { heads, difference } = comparison;
  const canAdd = selected && !includesHead(comparison, selected) && heads.length < MOST_COMPARED_HEADS;
  return (
    <div className="hs-map__controls hs-compare__controls" role="toolbar" aria-label="Comparison">
      <button
        type="button"
        disabled={!canAdd}
        title={whyAdd(comparison, selected)}
        onClick={() => {
          if (selected) addToComparison(store, selected);
        }}
      >
        {canAdd ? `add ${formatHead(selected)}` : 'add'}
      </button>
      <label className="hs-map__field" title="A further map: one minus another, cell by cell, in probability">
        difference
        <select
          aria-label="Difference of"
          value={difference ? formatHead(difference.of) : ''}
          onChange={({ target }) => {
            const of = parseHead(target.value);
            setDifference(store, of && { of, minus: defaultMinus(of, comparison) });
          }}
        >
          <option value="">none</option>
          {heads.map((head) => (
            <option key={formatHead(head)}>{formatHead(head)}</option>
          ))}
        </select>
      </label>
      {difference && (
        <label className="hs-map__field">
          −
          <select
            aria-label="minus"
            value={difference.minus === 'clean' ? 'clean' : formatHead(difference.minus)}
            onChange={({ target }) => {
              setDifference(store, { of: difference.of, minus: parseHead(target.value) ?? 'clean' });
            }}
          >
            {heads
              .filter((head) => !sameHead(head, difference.of))
              .map((head) => (
                <option key={formatHead(head)}>{formatHead(head)}</option>
              ))}
            <option value="clean">its clean run</option>
          </select>
        </label>
      )}
      <button type="button" title="Show one head again (Shift V)" onClick={() => endComparison(store)}>
        end comparison
      </button>
    </div>
  );
}

function whyAdd(comparison: HeadComparison, selected: HeadId | undefined): string {
  if (comparison.heads.length >= MOST_COMPARED_HEADS) return `At most ${MOST_COMPARED_HEADS} heads stand side by side`;
  if (!selected || includesHead(comparison, selected)) return 'Choose another head in the atlas to add it';
  return `Put ${formatHead(selected)} beside the others (V)`;
}

function defaultMinus(of: HeadId, { heads, difference }: HeadComparison): MapDifference['minus'] {
  const kept = difference?.minus;
  if (kept !== undefined && (kept === 'clean' || !sameHead(kept, of))) return kept;
  return heads.find((head) => !sameHead(head, of)) ?? 'clean';
}
