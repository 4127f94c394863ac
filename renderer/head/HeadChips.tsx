import { formatHead } from '../../shared/model/head-id.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { selectHead } from '../state/edits.ts';
import type { LinkedHead } from './linked-heads.ts';

interface HeadChipsProps {
  readonly label: string;
  readonly heads: readonly LinkedHead[];
}

/** Heads with a number each; a click goes there. */
export function HeadChips({ label, heads }: HeadChipsProps) {
  const { store } = useApp();
  return (
    <ul className="hs-head-chips" aria-label={label}>
      {heads.map((head) => (
        <li key={formatHead(head)}>
          <button type="button" title={`Go to ${formatHead(head)}`} onClick={() => selectHead(store, head)}>
            {formatHead(head)} <span className="hs-dim">{formatNumber(head.value)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
