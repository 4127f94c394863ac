import { markerAt } from '../../shared/view/lab/markers.ts';
import type { SeriesLook } from '../../shared/view/lab/series.ts';

/** A piece of the line that a method is drawn with. */
export function SeriesMark({ look, hollow = false }: { readonly look: SeriesLook; readonly hollow?: boolean }) {
  const { colour, dash, marker } = look;
  return (
    <svg className="hs-lab__mark" viewBox="0 0 30 12" aria-hidden="true">
      <path d="M0 6H30" stroke={colour} strokeWidth={2} strokeDasharray={dash} />
      <polygon
        points={markerAt(marker, 15, 6, 3).join(' ')}
        fill={hollow ? 'var(--bg)' : colour}
        stroke={colour}
        strokeWidth={1.5}
      />
    </svg>
  );
}
