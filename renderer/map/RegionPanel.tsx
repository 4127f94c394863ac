import type { RegionReading } from '../../shared/contract/methods.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { classNames } from '../base/class-names.ts';
import { formatCount, formatProbability } from '../../shared/view/map/format-value.ts';
import type { TokenSpan } from './go-to.ts';
import type { MapSource } from './map-source.ts';
import { massOf, type MapRegion } from './region.ts';
import { useRegionReading } from './use-region-reading.ts';
import type { CellAddress } from './viewport.ts';
import { tokenText } from '../../shared/view/map/value-words.ts';
import { spanText } from './words.ts';
import './region.css';

export interface RegionPanelProps {
  readonly source: MapSource;
  readonly runId: string;
  readonly head: HeadId;
  readonly tokens: readonly TokenView[];
  readonly region: MapRegion;
  readonly onShow: (cell: CellAddress) => void;
  /** Folds a span on the axes. */
  readonly onFold?: ((span: TokenSpan) => void) | undefined;
  readonly onZoom: () => void;
  readonly onClear: () => void;
}

/** What lies in the rectangle that was drawn on the map, in numbers. */
export function RegionPanel(props: RegionPanelProps) {
  const { source, runId, head, tokens, region } = props;
  const { reading, of, fresh, failure, retry } = useRegionReading(source, runId, head, region);
  const { rowStart, rowEnd, keyStart, keyEnd } = region;
  return (
    <aside className="hs-region" aria-label={`Selection on ${formatHead(head)}`} aria-busy={!fresh && !failure}>
      <header className="hs-region__header">
        <h3>Selection</h3>
        <button type="button" title="Zoom to the selection" onClick={props.onZoom}>
          zoom to it
        </button>
        <button type="button" title="Clear the selection (Esc)" onClick={props.onClear}>
          clear
        </button>
      </header>
      <dl className="hs-region__spans">
        <dt>queries</dt>
        <Span start={rowStart} end={rowEnd} what="queries" tokens={tokens} onFold={props.onFold} />
        <dt>keys</dt>
        <Span start={keyStart} end={keyEnd} what="keys" tokens={tokens} onFold={props.onFold} />
      </dl>
      {failure ? (
        <div className="hs-region__failure" role="alert">
          <p>The selection could not be read: {failure.message}</p>
          <button type="button" onClick={retry}>
            Try again
          </button>
        </div>
      ) : reading && of ? (
        <div className={classNames('hs-region__numbers', !fresh && 'hs-stale')}>
          <Numbers reading={reading} region={of} tokens={tokens} onShow={props.onShow} />
        </div>
      ) : (
        <p className="hs-map__hint" role="status">
          Reading the selection…
        </p>
      )}
    </aside>
  );
}

interface SpanProps extends TokenSpan {
  readonly what: string;
  readonly tokens: readonly TokenView[];
  readonly onFold: ((span: TokenSpan) => void) | undefined;
}

function Span({ start, end, what, tokens, onFold }: SpanProps) {
  return (
    <dd title={spanText(start, end, tokens, Infinity)}>
      {spanText(start, end, tokens)}
      {onFold && end - start > 1 && (
        <button
          type="button"
          aria-label={`Fold the ${what}`}
          title="Show these tokens as one bracket on both axes"
          onClick={() => onFold({ start, end })}
        >
          fold
        </button>
      )}
    </dd>
  );
}

interface NumbersProps {
  readonly reading: RegionReading;
  /** The rectangle that the reading is about. */
  readonly region: MapRegion;
  readonly tokens: readonly TokenView[];
  readonly onShow: (cell: CellAddress) => void;
}

function Numbers({ reading, region, tokens, onShow }: NumbersProps) {
  const mass = massOf(region, reading);
  const area = (region.rowEnd - region.rowStart) * (region.keyEnd - region.keyStart);
  if (reading.cells === 0) {
    return <p className="hs-map__hint">No cell here can be seen: every key lies in the future of these queries.</p>;
  }
  return (
    <>
      <dl className="hs-region__sums">
        <dt>visible cells</dt>
        <dd>{`${formatCount(reading.cells)} of ${formatCount(area)}`}</dd>
        <dt>total mass, p</dt>
        <dd>{mass.total.toPrecision(3)}</dd>
        <dt title="Over the queries that can see any of these keys">mean of a query, p</dt>
        <dd>{`${formatProbability(mass.perQuery)} over ${formatCount(mass.seeing)}`}</dd>
        {mass.top && (
          <>
            <dt>largest, of a query</dt>
            <dd>{`${formatProbability(mass.top.mass)}, ${tokenText(mass.top.query, tokens)}`}</dd>
          </>
        )}
        {mass.topKey && (
          <>
            <dt>most goes to key</dt>
            <dd>{`${tokenText(mass.topKey.key, tokens)}, ${mass.topKey.mass.toPrecision(3)}`}</dd>
          </>
        )}
      </dl>
      <div className="hs-region__top">
        <h4 id="hs-region-top">Strongest cells, p</h4>
        <ol className="hs-region__cells" aria-labelledby="hs-region-top">
          {reading.top.map(({ query, key, probability }) => (
            <li key={`${query} ${key}`}>
              <button type="button" title="Go to this cell" onClick={() => onShow({ query, key })}>
                <span className="hs-region__p">{formatProbability(probability)}</span>
                <span className="hs-ellipsis">{`${tokenText(query, tokens)} → ${tokenText(key, tokens)}`}</span>
              </button>
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}
