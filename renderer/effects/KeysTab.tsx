import { scaleLinear } from 'd3';
import { useMemo, useState } from 'react';
import type { KeysRecord } from '../../shared/model/effect-results.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import {
  keyAxes,
  keyBars,
  keyRows,
  KEY_COLUMNS,
  signedLogit,
  KEY_WORDS,
  type KeyColumn,
} from '../../shared/view/effects/key-rows.ts';
import { formatNumber, formatProbability } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { Segmented } from '../components/Segmented.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { markToken } from '../state/edits.ts';
import { AboutResult } from './AboutResult.tsx';
import { PLOT_MARGIN, PlotAxes } from './PlotAxes.tsx';
import { RunRow } from './RunRow.tsx';
import { TargetForm } from './TargetForm.tsx';
import { BaseField } from './SweepForm.tsx';
import { runToChange } from './effect-requests.ts';
import { useEffectResult } from './use-effect-result.ts';
import '../scores/scores.css';

const PLOT_PX = 200;
const ROWS = 20;

/** Each key of the pinned row of the selected head left out alone, from the identity. */
export function KeysTab() {
  const { store, session } = useApp();
  const result = useEffectResult('keys');
  const head = useAppState(({ edit }) => edit.head);
  const run = useAppState(runToChange);
  const pinned = useAppState(({ edit }) => edit.pinnedToken);
  const summary = useData(run && summaryKey(run.key));
  const by = useAppState(({ effects }) => effects.settings.keysBy);
  const [ref, width] = useElementWidth();
  const rows = useMemo(() => (result ? keyRows(result, by).slice(0, ROWS) : []), [result, by]);
  const query = pinned ?? (run ? run.tokens - 1 : 0);
  const tokens = summary?.status === 'ready' ? summary.value.tokens : undefined;

  return (
    <>
      <div className="hs-effects__form">
        <span>
          Row of query {query} <span className="hs-effects__token">{tokens?.[query]?.display}</span>{' '}
          <span className="hs-dim">
            {pinned === undefined ? 'the last one; pin a token to take its row' : 'pinned'}
          </span>
        </span>
        <BaseField />
      </div>
      <div className="hs-effects__form">
        <TargetForm
          summary={summary?.status === 'ready' ? summary.value : undefined}
          positionNote="Here always after the query."
        />
      </div>
      <RunRow
        kind="keys"
        label={head ? `Leave out each key of ${formatHead(head)}` : 'Leave out each key'}
        refusal={head ? undefined : 'No head is selected.'}
        onRun={() => void session.effects.keys()}
      />
      <div ref={ref}>
        {!result ? (
          <p className="hs-effects__hint">
            What the head would have written without one key, from z′ − z = p / (1 − p) · (z − v): exact, without
            another forward. A key with weight but without deviation carries the same value as the rest: a sink.
          </p>
        ) : (
          <>
            <AboutResult
              title={`${formatHead(result.head)}, query ${result.query} “${result.tokens[result.query]}”, without each key`}
              about={result.about}
              badge={by === 'logit' ? 'layer-local' : 'exact'}
              figure="keys"
            >
              <Segmented
                label="Measure"
                options={KEY_COLUMNS.map((value) => ({
                  value,
                  label: KEY_WORDS[value].name,
                  title: KEY_WORDS[value].meaning,
                }))}
                value={by}
                onChange={(next) => session.effects.set({ keysBy: next })}
              />
            </AboutResult>
            <KeyBars record={result} by={by} width={Math.max(260, width)} onKey={(key) => markToken(store, key)} />
            <table className="hs-effects__table">
              <caption className="hs-visually-hidden">Keys by {KEY_WORDS[by].name}</caption>
              <thead>
                <tr>
                  <th scope="col">key</th>
                  <th scope="col">token</th>
                  <th scope="col" className="hs-number" title={KEY_WORDS.weight.meaning}>
                    weight
                  </th>
                  <th scope="col" className="hs-number" title={KEY_WORDS.deviation.meaning}>
                    deviation
                  </th>
                  <th scope="col" className="hs-number" title="Deviation over |z W_O|.">
                    of the output
                  </th>
                  <th scope="col" className="hs-number" title={KEY_WORDS.logit.meaning}>
                    {result.token.display} − {result.against.display}
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.key}>
                    <th scope="row">{row.key}</th>
                    <td>
                      <button type="button" className="hs-effects__link" onClick={() => markToken(store, row.key)}>
                        {row.token}
                      </button>
                    </td>
                    <td className="hs-number">{formatProbability(row.weight)}</td>
                    <td className="hs-number">{formatNumber(row.deviation)}</td>
                    <td className="hs-number">{formatNumber(row.relative)}</td>
                    <td className="hs-number">{Number.isNaN(row.logit) ? '–' : signedLogit(row.logit)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
      </div>
    </>
  );
}

interface KeyBarsProps {
  readonly record: KeysRecord;
  readonly by: KeyColumn;
  readonly width: number;
  readonly onKey: (key: number) => void;
}

/** One bar a key, or for several the strongest of them. */
function KeyBars({ record, by, width, onKey }: KeyBarsProps) {
  const [pointed, setPointed] = useState<number>();
  const { left, right, top, bottom } = PLOT_MARGIN;
  const values = record[by];
  const bars = keyBars(values, Math.max(1, width - left - right));
  const { x: across, y: up } = keyAxes(record, by, bars);
  const x = scaleLinear()
    .domain([across.lo, across.hi])
    .range([left, width - right]);
  const y = scaleLinear()
    .domain([up.lo, up.hi])
    .range([PLOT_PX - bottom, top]);
  const gap = (width - left - right) / bars.length > 3 ? 1 : 0;
  const said = pointed === undefined ? undefined : bars[pointed];
  return (
    <figure className="hs-effects__plot">
      <svg
        className="hs-plot"
        width={width}
        height={PLOT_PX}
        role="img"
        aria-label={`${KEY_WORDS[by].axis} of each key`}
        onPointerLeave={() => setPointed(undefined)}
        onPointerMove={(event) => {
          const px = event.clientX - event.currentTarget.getBoundingClientRect().x;
          const key = Math.round(x.invert(px));
          const found = bars.findIndex(({ to }) => key < to);
          setPointed(found === -1 ? bars.length - 1 : found);
        }}
        onClick={() => said && onKey(said.key)}
      >
        <PlotAxes x={x} y={y} across={across} up={up} width={width} height={PLOT_PX} />
        {bars.map(
          ({ from, to, key, value }) =>
            value !== 0 &&
            !Number.isNaN(value) && (
              <rect
                key={key}
                className={value < 0 ? 'hs-effects__down' : 'hs-effects__up'}
                x={x(from - 0.5) + gap / 2}
                width={Math.max(0.5, x(to - 0.5) - x(from - 0.5) - gap)}
                y={Math.min(y(value), y(0))}
                height={Math.max(0.5, Math.abs(y(value) - y(0)))}
              />
            ),
        )}
        <line className="hs-effects__zero" x1={left} x2={width - right} y1={y(0)} y2={y(0)} />
      </svg>
      <figcaption className="hs-small hs-dim" aria-live="polite">
        {said
          ? `key ${said.key} “${record.tokens[said.key]}”: weight ${formatProbability(record.weight[said.key]!)}, deviation ${formatNumber(record.deviation[said.key]!)}, logit ${formatNumber(record.logit[said.key]!)}`
          : KEY_WORDS[by].meaning}
      </figcaption>
    </figure>
  );
}
