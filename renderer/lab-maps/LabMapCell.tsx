import { Fragment, useId, useMemo, useState } from 'react';
import { AppError } from '../../shared/base/app-error.ts';
import type { LabRecord, LabRow } from '../../shared/model/lab.ts';
import type { MethodResult } from '../../shared/model/method-result.ts';
import { METHOD_TILE_VALUES, type MethodTileValue } from '../../shared/model/method-views.ts';
import { rowName, valueOf, type MethodMap } from '../../shared/view/lab/method-maps.ts';
import type { Extent } from '../../shared/view/map/map-colours.ts';
import { METHOD_VALUE_HINTS, METHOD_VALUE_NAMES } from '../../shared/view/map/method-map.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { classNames } from '../base/class-names.ts';
import { Badge } from '../components/Badge.tsx';
import { Message } from '../components/Message.tsx';
import { keptRowsKey, methodRowKey } from '../lab/lab-keys.ts';
import { isCell } from '../map/layout.ts';
import type { MapSource } from '../map/map-source.ts';
import { useCellReading } from '../map/use-cell-reading.ts';
import { cellText } from '../map/words.ts';
import { methodText, placeText } from './cell-words.ts';
import type { DenseRun } from './dense-run.ts';
import { LabMapBody, type LabMapCommon } from './LabMapBody.tsx';
import { methodSource, type KeptTiles } from './method-source.ts';
import { useAnswer } from './use-answer.ts';

export interface LabMapCellProps extends LabMapCommon {
  readonly record: LabRecord;
  readonly dense: DenseRun | undefined;
  readonly map: MethodMap;
  /** Its place, from 0. */
  readonly at: number;
  readonly keptTiles: KeptTiles;
  readonly domain: Extent | undefined;
  readonly onDomain: (at: number, value: MethodTileValue, domain: Extent) => void;
  readonly onChange: (at: number, map: MethodMap) => void;
  /** Undefined for the only one. */
  readonly onRemove: ((at: number) => void) | undefined;
  readonly isPointing: boolean;
  /** Width of the map with its labels where its words stand beside it. */
  readonly besidePx: number | undefined;
  /** Whether the engine does not hold what the map at this place is of. */
  readonly onGone: (at: number, isGone: boolean) => void;
}

/** One of the maps side by side: what it is of, the map, and what is under the pointer. */
export function LabMapCell(props: LabMapCellProps) {
  const { record, map, at, besidePx, onChange, onRemove } = props;
  const row = map.row === null ? undefined : record.rows[map.row];
  const title = row ? `${rowName(row)}, ${METHOD_VALUE_NAMES[map.value]}` : 'dense attention';
  const [focused, setFocused] = useState(false);
  return (
    <section
      className={classNames(
        'hs-compare__cell',
        'hs-lab-maps__cell',
        besidePx !== undefined && 'hs-lab-maps__cell--beside',
      )}
      style={besidePx === undefined ? undefined : { gridTemplateColumns: `${besidePx}px minmax(0, 1fr)` }}
      aria-label={`Map ${at + 1}: ${title}`}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <header className="hs-lab-maps__head">
        <select
          className="hs-lab-maps__method"
          aria-label={`Method of map ${at + 1}`}
          title={row ? rowName(row) : 'dense attention'}
          value={map.row ?? 'dense'}
          onChange={({ target }) => {
            const chosen = target.value === 'dense' ? null : Number(target.value);
            const value = chosen === null ? 'probability' : valueOf(record.rows[chosen]!, map.value);
            onChange(at, { row: chosen, value });
          }}
        >
          <option value="dense">dense</option>
          {record.rows.map((one, index) => (
            <option key={index} value={index} disabled={one.result === null}>
              {rowName(one)}
            </option>
          ))}
        </select>
        <Badge badge={row?.result?.badge ?? 'exact'} />
        {onRemove && (
          <button
            type="button"
            className="hs-compare__remove"
            aria-label={`Remove map ${at + 1}`}
            title="Remove this map"
            onClick={() => onRemove(at)}
          >
            ×
          </button>
        )}
      </header>
      <div className="hs-lab-maps__facts">
        <select
          className="hs-lab-maps__value"
          aria-label={`Value of map ${at + 1}`}
          title={METHOD_VALUE_HINTS[map.value]}
          disabled={map.row === null}
          value={map.value}
          onChange={({ target }) => {
            const value = METHOD_TILE_VALUES.find((candidate) => candidate === target.value);
            if (value) onChange(at, { ...map, value });
          }}
        >
          {METHOD_TILE_VALUES.map((value) => (
            <option key={value} value={value}>
              {METHOD_VALUE_NAMES[value]}
            </option>
          ))}
        </select>
        <Facts {...props} row={row} />
      </div>
      {row?.result && typeof row.result.trace === 'string' ? (
        <MethodBody {...props} title={title} row={row} result={row.result} trace={row.result.trace} focused={focused} />
      ) : row ? (
        <div className="hs-lab-maps__nothing">
          <NoMap row={row} />
        </div>
      ) : (
        <DenseBody {...props} title={title} focused={focused} />
      )}
    </section>
  );
}

/** What the head at hand reads and loses. */
function Facts({ head, about, row }: LabMapCellProps & { readonly row: LabRow | undefined }) {
  const result = row?.result;
  const index = head.layer * about.heads + head.head;
  const facts = result
    ? [
        `READ ${formatKeys(result.heads.read[index]!)}`,
        `lost ${formatLost(1 - result.heads.recall[index]!)}`,
        ...(result.denseHere && row.choice.method !== 'dense' ? ['dense at this length'] : []),
      ]
    : row
      ? ['no result']
      : ['READ all', 'lost 0'];
  return (
    <span title="Keys that a query of this head reads, and dense attention on those it does not: means over the queries under the method">
      {facts.map((fact, at) => (
        <Fragment key={fact}>
          {at > 0 && ' · '}
          <span className="hs-lab-maps__fact">{fact}</span>
        </Fragment>
      ))}
    </span>
  );
}

function formatKeys(keys: number): string {
  return Number.isInteger(keys) ? String(keys) : keys.toFixed(1);
}

/** Short; the line under the map and the atlas say more. */
function formatLost(mass: number): string {
  // What is left of a sum over all keys is rounding.
  if (mass < 1e-6) return '0';
  return mass < 0.005 ? '<0.01' : mass.toFixed(2);
}

function NoMap({ row }: { readonly row: LabRow }) {
  return row.error ? (
    <Message bad text={row.error.message} hint={row.error.hint} />
  ) : (
    <Message
      text="What this method read was too much to be kept."
      hint="Compare fewer methods at once, or a shorter prompt."
    />
  );
}

interface BodyProps extends LabMapCellProps {
  readonly title: string;
  readonly focused: boolean;
}

function useBodyCommon({ at, map, onDomain, onGone, focused, isPointing, ...common }: BodyProps) {
  const readoutId = useId();
  const { value } = map;
  const report = useMemo(() => (domain: Extent) => onDomain(at, value, domain), [onDomain, at, value]);
  const reportGone = useMemo(() => (isGone: boolean) => onGone(at, isGone), [onGone, at]);
  return { ...common, onDomain: report, onGone: reportGone, readoutId, isLive: focused && !isPointing };
}

/** Changes when there is another engine, or the way to it is back: what was asked in vain is then asked again. */
function useConnection(): string {
  const connection = useAppState(({ host }) => host.connection.status);
  const engine = useAppState(({ host }) => host.engine);
  return `${connection} ${engine}`;
}

function forgotten(): AppError {
  return new AppError('unknown-run', 'The run that the methods were compared on is no longer held by the engine.', {
    hint: 'Compare them again.',
  });
}

function DenseBody(props: BodyProps) {
  const { session } = useApp();
  const { dense, head, target, out, stage, at } = props;
  const connection = useConnection();
  const source = useMemo(
    (): Pick<MapSource, 'tile' | 'cell'> =>
      dense
        ? {
            tile: (params, signal) => session.askLab('run.tile', { ...params, runId: dense.runId }, signal),
            cell: (params, signal) => session.askLab('run.cell', { ...params, runId: dense.runId }, signal),
          }
        : { tile: async () => Promise.reject(forgotten()), cell: async () => Promise.reject(forgotten()) },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see `useConnection`
    [session, dense, connection],
  );
  const runId = dense?.key ?? 'none';
  const cell = isCell(target) ? target : undefined;
  const visible = cell && cell.key <= cell.query ? cell : undefined;
  const reading = useCellReading(source, runId, head, visible, out);
  const words = (texel: number | undefined): string => {
    if (!target) return at === 0 ? 'Point at a cell to read it on every map, click to pin its query and key.' : '';
    if (!cell) return placeText(target, stage.tokens);
    const { reducer } = props.options;
    return cellText({ cell, tokens: stage.tokens, out, reading, texel, value: 'probability', reducer, level: 0 });
  };
  return (
    <LabMapBody
      {...useBodyCommon(props)}
      of={runId}
      source={source}
      value="probability"
      words={words}
      kept={undefined}
      hasBoundary={false}
    />
  );
}

interface MethodBodyProps extends BodyProps {
  readonly row: LabRow;
  readonly result: MethodResult;
  readonly trace: string;
}

function MethodBody(props: MethodBodyProps) {
  const { session } = useApp();
  const { trace, map, keptTiles, head, target, stage, row, result } = props;
  const { layer, head: number } = head;
  const connection = useConnection();
  const source = useMemo(
    () => methodSource((params, signal) => session.askLab('method.tile', params, signal), keptTiles, trace, map.value),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see `useConnection`
    [session, keptTiles, trace, map.value, connection],
  );
  const first = result.phase === 'prefill' ? 0 : result.promptLength;
  const end = first + result.rows;
  const kept = useAnswer(keptRowsKey(trace, layer, number), async (signal) => ({
    ...head,
    ...(await session.askLab('method.rows', { trace, layer, head: number }, signal)),
  }));
  const query = target?.query;
  const isUnder = query !== undefined && query >= first && query < end;
  const found = useAnswer(isUnder ? methodRowKey(trace, layer, number, query) : undefined, (signal) =>
    session.askLab('method.row', { trace, layer, head: number, query: query! }, signal),
  );
  const words = (): string =>
    target
      ? methodText(target, {
          tokens: stage.tokens,
          first,
          end,
          evicts: row.info.evicts,
          hasOwnStates: result.fidelity !== 'F1',
          kept,
          row: found,
        })
      : props.at === 0
        ? 'Point at a cell to read it on every map, click to pin its query and key.'
        : '';
  return (
    <LabMapBody
      {...useBodyCommon(props)}
      of={trace}
      source={source}
      value={map.value}
      words={words}
      kept={kept}
      hasBoundary
    />
  );
}
