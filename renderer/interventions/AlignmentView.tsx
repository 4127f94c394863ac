import { useMemo } from 'react';
import type { Alignment } from '../../shared/model/effect.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { classNames } from '../base/class-names.ts';
import { alignColumns, alignText } from './align-columns.ts';

interface AlignmentViewProps {
  readonly clean: readonly TokenView[];
  readonly other: readonly TokenView[];
  readonly how: Alignment;
}

/** More would make the page slow; the sentence counts all. */
const MOST_COLUMNS = 600;

/** This prompt above the other one: which position takes over from which. */
export function AlignmentView({ clean, other, how }: AlignmentViewProps) {
  const columns = useMemo(() => alignColumns(clean, other, how), [clean, other, how]);
  return (
    <figure className="hs-align">
      <figcaption className="hs-dim hs-small">
        This prompt above, the other below. {alignText(columns)}
        {columns.length > MOST_COLUMNS && ` The first ${MOST_COLUMNS} are shown.`}
      </figcaption>
      <ol className="hs-align__columns hs-mono" tabIndex={0} aria-label="Alignment of both prompts">
        {columns.slice(0, MOST_COLUMNS).map(({ clean: own, other: there, at, state }, index) => (
          <li
            key={index}
            className={classNames('hs-align__column', `hs-align__column--${state}`)}
            title={`position ${at}`}
          >
            <span>{own?.display ?? '∅'}</span>
            <span>{there?.display ?? '∅'}</span>
          </li>
        ))}
      </ol>
    </figure>
  );
}
