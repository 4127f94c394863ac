import { useMemo } from 'react';
import type { WireError } from '../../shared/base/app-error.ts';
import { formatHead, sameHead } from '../../shared/model/head-id.ts';
import { formatCount, formatProbability } from '../../shared/view/format.ts';
import { formatProbability as formatSmall } from '../../shared/view/map/format-value.ts';
import { useApp } from '../app/app-context.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import type { HeadRows, KeyFound, StepFound } from '../lab/lab-keys.ts';
import { selectHead } from '../state/edits.ts';
import { cellWords } from './cell-words.ts';
import type { RowsView } from './kept-view.ts';
import { dropColumn, dropText, keyLosses, keyRows, mostMissed } from './key-words.ts';
import { tokenName } from './token-names.ts';
import { pinKey } from './use-kept-moves.ts';

interface KeyPanelProps {
  readonly view: RowsView;
  /** Undefined: none is pointed at or pinned. */
  readonly asked: { readonly query: number; readonly key: number } | undefined;
  /** Of an earlier key until the one that is asked for comes; the heading names its key, so that the numbers are of it. */
  readonly found: KeyFound | undefined;
  readonly step: StepFound | undefined;
  readonly error: WireError | undefined;
  /** Of the selected head: what is known without probabilities. */
  readonly reads: HeadRows | undefined;
  /** Keys that a query of its layer sees. */
  readonly window: number | null;
  readonly pinned: number | null;
  readonly stale: boolean;
}

/** Rows of the table: heads that want the key less are not worth reading. */
const MOST_ROWS = 48;
/** Keys to begin with. */
const MISSED = 10;

/** One key: which heads want it, when each let go of it, and what that cost. */
export function KeyPanel(props: KeyPanelProps) {
  const { view, asked, found: latest, step, error, reads, window, pinned, stale } = props;
  const { store } = useApp();
  // An earlier key says nothing of one that cannot be had.
  const found = error && stale ? undefined : latest;
  const { about, evicts, first, head: selected } = view;
  const { displays, heads } = about;
  const rows = useMemo(() => (found ? keyRows(found, heads) : []), [found, heads]);
  const losses = useMemo(() => keyLosses(rows), [rows]);
  const missed = useMemo(() => (step ? mostMissed(step, MISSED) : []), [step]);
  if (!asked) {
    return (
      <section className="hs-kept__key" aria-label="One key">
        <h3>One key</h3>
        <p className="hs-kept__hint">
          Point at a token of the strip or at a cell of the ribbon: which heads want that key, when each of them let go
          of it, and what was lost. A click pins it.
        </p>
        {step && missed.length > 0 && (
          <>
            <p className="hs-kept__hint">
              Missed most at query {tokenName(displays, step.query)}, mean probability over all heads:
            </p>
            <ul className="hs-kept__missed">
              {missed.map(({ key, lost }) => (
                <li key={key}>
                  <button
                    type="button"
                    className="hs-kept__link"
                    onClick={() => pinKey(store, view, key)}
                    title="Pin this key"
                  >
                    {tokenName(displays, key)}
                  </button>{' '}
                  {formatSmall(lost)}
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
    );
  }
  const { query, key } = found ?? asked;
  const own = rows.find((one) => sameHead(one, selected));
  const most = Math.max(1e-12, rows[0]?.wanted ?? 0);
  const wanted = losses.mostWanted;
  return (
    <section
      className={classNames('hs-kept__key', stale && 'hs-kept--stale')}
      aria-label="One key"
      aria-busy={!error && (stale || !found)}
    >
      <div className="hs-kept__head">
        <h3>
          Key {tokenName(displays, key)}{' '}
          <span className="hs-dim">
            seen from query {tokenName(displays, query)}
            {key === pinned && ', pinned'}
          </span>
        </h3>
        {pinned !== null && (
          <Button
            small
            look="quiet"
            onClick={() => pinKey(store, view, undefined)}
            title="Esc on the strip or the ribbon"
          >
            Unpin
          </Button>
        )}
      </div>
      {error && reads && (
        <p>
          {formatHead(reads)}: {cellWords({ rows: reads, query, key, window, evicts, displays })}.
        </p>
      )}
      {error && (
        <p className="hs-kept__hint">
          {error.message} {error.hint}
        </p>
      )}
      {own && (
        <>
          <p>
            {formatHead(selected)}: {dropText({ droppedAt: own.droppedAt, key, first, evicts, displays })}. Dense
            probability {formatProbability(own.wanted)}, {own.read ? 'read' : 'not read'}.
          </p>
          <p>
            {losses.without === 0
              ? `All ${formatCount(losses.heads)} heads read it.`
              : `${formatCount(losses.without)} of ${formatCount(losses.heads)} heads do not read it${wanted && wanted.wanted > 0 ? `; of them ${formatHead(wanted)} wants it most, ${formatProbability(wanted.wanted)}` : ''}.`}{' '}
            {losses.mostLost
              ? `Lost over all heads and queries: ${losses.lost.toFixed(2)} of probability in ${formatCount(losses.missed)} rows, most in ${formatHead(losses.mostLost)}, ${losses.mostLost.lost.toFixed(2)} over ${formatCount(losses.mostLost.missed)} queries.`
              : 'Nothing of it was lost.'}
          </p>
          <div
            className="hs-kept__table-box"
            tabIndex={0}
            role="region"
            aria-label="Heads by how much they want the key"
          >
            <table className="hs-kept__table">
              <thead>
                <tr>
                  <th scope="col">head</th>
                  <th scope="col" title="Probability of the key in dense attention at the query">
                    dense p
                  </th>
                  <th scope="col" title="Whether the head reads it at the query">
                    read
                  </th>
                  <th
                    scope="col"
                    title={evicts ? 'From which query on it is never read again' : 'When it was read last'}
                  >
                    {evicts ? 'dropped' : 'last read'}
                  </th>
                  <th
                    scope="col"
                    className="hs-number"
                    title="Dense probability over the queries that do not read it, summed"
                  >
                    lost
                  </th>
                  <th scope="col" className="hs-number" title="Queries that do not read it">
                    queries
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, MOST_ROWS).map((one) => (
                  <tr
                    key={one.index}
                    className={classNames(!one.read && 'hs-kept__row--without')}
                    aria-current={sameHead(one, selected)}
                    onClick={() => selectHead(store, one)}
                  >
                    <th scope="row">
                      <button type="button" className="hs-kept__link" title={`Select ${formatHead(one)}`}>
                        {formatHead(one)}
                      </button>
                    </th>
                    <td>
                      <span className="hs-kept__share" aria-hidden="true">
                        <span style={{ width: `${(100 * one.wanted) / most}%` }} />
                      </span>
                      {formatProbability(one.wanted)}
                    </td>
                    <td>{one.read ? 'yes' : 'no'}</td>
                    <td>{dropColumn({ droppedAt: one.droppedAt, key, first, evicts })}</td>
                    <td className="hs-number">{formatProbability(one.lost)}</td>
                    <td className="hs-number">{formatCount(one.missed)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {rows.length > MOST_ROWS && (
            <p className="hs-small hs-dim">
              The {MOST_ROWS} of {formatCount(rows.length)} heads that want it most.
            </p>
          )}
        </>
      )}
    </section>
  );
}
