import type { Progress } from '../../shared/contract/methods.ts';
import { classNames } from '../base/class-names.ts';

interface ProgressBarProps {
  readonly label: string;
  /** Undefined while nothing is known yet. */
  readonly progress: Progress | undefined;
}

export function ProgressBar({ label, progress }: ProgressBarProps) {
  const fraction = progress && progress.total > 0 ? progress.done / progress.total : undefined;
  const percent = fraction === undefined ? undefined : Math.round(100 * fraction);
  return (
    <div
      className={classNames('hs-progress', percent === undefined && 'hs-progress--unknown')}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={progress?.phase}
    >
      <div className="hs-progress__bar" style={percent === undefined ? undefined : { width: `${percent}%` }} />
    </div>
  );
}
