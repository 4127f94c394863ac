import type { CSSProperties } from 'react';
import { AppError } from '../../shared/base/app-error.ts';

interface MapFailureProps {
  readonly failure: Error;
  readonly at: CSSProperties;
  readonly onRetry: () => void;
}

/** In the place of a map that cannot be had: why, and what to do. */
export function MapFailure({ failure, at, onRetry }: MapFailureProps) {
  // Neither what a file does not hold nor what there is not is a failure, and asking again never helps.
  const isFact = failure instanceof AppError && (failure.code === 'not-stored' || failure.code === 'no-map');
  const hint = failure instanceof AppError ? failure.hint : undefined;
  return (
    <div className="hs-map__failure" role="alert" style={at}>
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
