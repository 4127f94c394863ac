import { AppError } from '../../shared/base/app-error.ts';
import type { MapLayout } from './layout.ts';

interface MapFailureProps {
  readonly failure: Error;
  readonly layout: MapLayout;
  readonly onRetry: () => void;
}

/** From the corner of the plot, and to the edges of the panel. */
const INSET_PX = 12;
const MOST_PX = 300;

/** In the place of a map that cannot be had: why, and what to do. */
export function MapFailure({ failure, layout, onRetry }: MapFailureProps) {
  const code = failure instanceof AppError ? failure.code : undefined;
  // What a file does not hold and what there is not are no failures, and asking again never helps.
  const isFact = code === 'not-stored' || code === 'no-map' || code === 'bad-request';
  const hint = failure instanceof AppError ? failure.hint : undefined;
  const [left, top] = [layout.plot.x + INSET_PX, layout.plot.y + INSET_PX];
  const { width, height } = layout.panel;
  const size = { maxWidth: Math.min(MOST_PX, width - left - INSET_PX), maxHeight: height - top - INSET_PX };
  return (
    <div className="hs-map__failure" role="alert" style={{ left, top, ...size }}>
      <p>{isFact ? failure.message : `The map could not be computed: ${failure.message}`}</p>
      {hint !== undefined && <p>{hint}</p>}
      {!isFact && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
