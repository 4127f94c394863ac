import { classNames } from '../base/class-names.ts';
import { formatLimit, formatProbability } from '../../shared/view/format.ts';
import type { StripTints } from '../../shared/view/prompt/strip-tints.ts';

/** The strip's colour scale, with its ends. */
export function StripLegend({ tints, of }: { readonly tints: StripTints | undefined; readonly of: string }) {
  if (!tints) return <div className="hs-strip-legend hs-dim">{of}</div>;
  const limit = tints.signed ? formatLimit(tints.limit) : formatProbability(tints.limit);
  return (
    <div className={classNames('hs-strip-legend', tints.signed && 'hs-strip-legend--signed')}>
      <span className="hs-dim hs-strip-legend__of" title={of}>
        {of}
      </span>
      <span>{tints.signed ? `−${limit} more likely` : '0'}</span>
      <span
        className={tints.signed ? 'hs-strip-legend__scale hs-strip-legend__scale--signed' : 'hs-strip-legend__scale'}
      />
      <span>{tints.signed ? `+${limit} less likely` : limit}</span>
    </div>
  );
}
