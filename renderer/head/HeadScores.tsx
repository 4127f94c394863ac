import { Fragment, useMemo, useState } from 'react';
import type { HeadId } from '../../shared/model/head-id.ts';
import { SCORE_GROUPS } from '../../shared/model/score.ts';
import { KEPT_SINKS_HINT } from '../../shared/view/atlas/sink-twins.ts';
import { formatNumber, plural } from '../../shared/view/format.ts';
import { Badge } from '../components/Badge.tsx';
import { intervalText } from '../scores/interval-text.ts';
import { ScoreDefinition } from '../scores/ScoreDefinition.tsx';
import { GROUP_NAMES, type ScoreEntry } from '../scores/score-entries.ts';
import { rankOf } from './rank-of.ts';

interface HeadScoresProps {
  readonly entries: readonly ScoreEntry[];
  readonly head: HeadId;
  readonly heads: number;
}

/** Every score of the head, of every origin; the definition opens under its name. */
export function HeadScores({ entries, head, heads }: HeadScoresProps) {
  const [opened, setOpened] = useState<string>();
  const groups = useMemo(
    () =>
      SCORE_GROUPS.map((group) => ({ group, own: entries.filter(({ info }) => info.group === group) })).filter(
        ({ own }) => own.length > 0,
      ),
    [entries],
  );
  const at = head.layer * heads + head.head;
  return (
    <table className="hs-head-scores">
      <thead>
        <tr>
          <th scope="col">score</th>
          <th scope="col" className="hs-number">
            value
          </th>
          <th scope="col" className="hs-number" title="95% bootstrap interval of the mean over n prompts">
            interval
          </th>
          <th scope="col" className="hs-number">
            rank
          </th>
          <th scope="col" className="hs-number" title="Value of uniform attention on the same prompt">
            uniform
          </th>
          <th scope="col">unit</th>
        </tr>
      </thead>
      {groups.map(({ group, own }) => (
        <tbody key={group}>
          <tr>
            <th scope="rowgroup" colSpan={6} className="hs-head-scores__group">
              {GROUP_NAMES[group]}
            </th>
          </tr>
          {own.map((entry) => (
            <Fragment key={entry.key}>
              <tr>
                <th scope="row">
                  <button
                    type="button"
                    className="hs-head-scores__name"
                    aria-expanded={opened === entry.key}
                    title="Definition, source and parameters"
                    onClick={() => setOpened(opened === entry.key ? undefined : entry.key)}
                  >
                    {entry.info.name}
                  </button>{' '}
                  {entry.origin && (
                    <span className="hs-dim" title={entry.origin.detail}>
                      {entry.origin.name}{' '}
                    </span>
                  )}
                  {entry.withSinks && (
                    <span className="hs-dim hs-small" title={KEPT_SINKS_HINT}>
                      with sinks{' '}
                    </span>
                  )}
                  {entry.info.badge !== 'exact' && <Badge badge={entry.info.badge} />}
                </th>
                <ScoreCells entry={entry} at={at} />
              </tr>
              {opened === entry.key && (
                <tr>
                  <td colSpan={6} className="hs-head-scores__definition">
                    <ScoreDefinition entry={entry} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      ))}
    </table>
  );
}

function ScoreCells({
  entry: { status, table, reason, info },
  at,
}: {
  readonly entry: ScoreEntry;
  readonly at: number;
}) {
  if (status !== 'ready' || !table?.values) {
    const why = { computable: 'on demand', coming: 'being computed', 'not-here': reason, ready: undefined }[status];
    return (
      <td colSpan={5} className="hs-dim hs-head-scores__reason">
        {why}
      </td>
    );
  }
  const { values, spread, floor } = table;
  const rank = rankOf(values, at);
  return (
    <>
      <td className="hs-number">{formatNumber(values[at] ?? NaN)}</td>
      <td className="hs-number hs-dim" title={spread ? spreadText(spread, at) : undefined}>
        {spread && intervalText(spread, at, formatNumber)}
      </td>
      <td className="hs-number hs-dim">{rank === undefined ? '' : `${rank} of ${values.length}`}</td>
      <td className="hs-number hs-dim">{floor === null ? '' : formatNumber(floor)}</td>
      <td className="hs-dim">{info.unit}</td>
    </>
  );
}

function spreadText(
  { prompts, deviation, active }: NonNullable<NonNullable<ScoreEntry['table']>['spread']>,
  at: number,
): string {
  if (Number.isNaN(active[at]!)) return `No value on any of ${plural(prompts, 'prompt')}`;
  if (prompts < 2 || Number.isNaN(deviation[at]!)) return 'Value of one prompt: there is no interval';
  const share = `over 0 on ${Math.round(100 * active[at]!)}%`;
  return `Mean over ${plural(prompts, 'prompt')}, standard deviation ${formatNumber(deviation[at]!)}, ${share}`;
}
