import { useCallback, useMemo, useState } from 'react';
import type { PatchResult } from '../../shared/model/effect.ts';
import type { PatchingRecord } from '../../shared/model/effect-results.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import {
  DIRECTION_WORDS,
  movedColour,
  movedLegend,
  movedMap,
  movedScale,
  movedText,
  namedColumns,
  patchGrid,
  type PatchGridData,
} from '../../shared/view/effects/patch-grid.ts';
import { formatNumber, formatSigned } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';
import { selectHead, markToken } from '../state/edits.ts';
import { ColourScale } from './ColourScale.tsx';
import { HeatGrid } from './HeatGrid.tsx';

const SIDE_BY_SIDE_PX = 520;

/** Both directions on one scale of colours; side by side where there is room. */
export function PatchMaps({ record, width }: { readonly record: PatchingRecord; readonly width: number }) {
  const ground = useThemeColours().theme;
  const results = useMemo(() => [record.denoise, record.noise].filter((one) => one !== undefined), [record]);
  const grids = useMemo(() => results.map((result) => ({ result, data: patchGrid(result) })), [results]);
  const scale = useMemo(() => movedScale(grids.map(({ data }) => data.moved)), [grids]);
  const colour = useCallback((value: number) => movedColour(scale, value, ground), [scale, ground]);
  const isWide = width >= SIDE_BY_SIDE_PX && grids.length > 1 && grids[0]!.data.across === 'heads';
  const own = isWide ? Math.floor(width / 2) - 8 : width;
  return (
    <>
      <div className={isWide ? 'hs-effects__sides' : undefined}>
        {grids.map(({ result, data }) => (
          <PatchMap key={result.direction} result={result} data={data} colour={colour} width={own} />
        ))}
      </div>
      <ColourScale
        scale={scale}
        map={movedMap(ground)}
        lines={movedLegend(results.map(({ direction }) => direction))}
      />
    </>
  );
}

interface PatchMapProps {
  readonly result: PatchResult;
  readonly data: PatchGridData;
  readonly colour: (value: number) => ReturnType<typeof movedColour>;
  readonly width: number;
}

function PatchMap({ result, data, colour, width }: PatchMapProps) {
  const { store } = useApp();
  const [cell, setCell] = useState<{ readonly row: number; readonly column: number }>();
  const head = useAppState(({ edit }) => edit.head);
  const pinned = useAppState(({ edit }) => edit.pinnedToken);
  const words = DIRECTION_WORDS[result.direction];
  const { across, down, rowNames, tokens } = data;
  const headAt = (row: number, column: number): HeadId | undefined =>
    across === 'heads' ? { layer: row, head: column } : data.rowHeads[row];
  const selected =
    across === 'heads'
      ? head && { row: head.layer, column: head.head }
      : pinned === undefined
        ? undefined
        : { row: down === 'layers' ? (head?.layer ?? 0) : 0, column: positionOf(result, pinned) };
  const onCell = (row: number, column: number) => {
    const chosen = headAt(row, column);
    if (chosen) selectHead(store, chosen);
    if (across !== 'positions') return;
    const token = cleanPosition(result, column);
    if (token !== undefined) markToken(store, token);
  };
  const index = cell && cell.row * data.columns + cell.column;
  return (
    <section className="hs-effects__map" aria-label={words.name}>
      <h4 title={words.meaning}>{words.name}</h4>
      <HeatGrid
        rows={data.rows}
        columns={data.columns}
        values={data.moved}
        colour={colour}
        text={movedText}
        rowName={(row) => rowNames[row]!}
        columnName={(column) => (across === 'heads' ? String(column) : (tokens[column]?.display ?? String(column)))}
        tokens={across === 'positions' ? (gap) => namedColumns(data, gap) : undefined}
        label={`${words.name}: ${words.scale}`}
        width={width}
        selected={selected}
        onCell={onCell}
        onPoint={setCell}
      />
      <p className="hs-dim hs-small" aria-live="polite">
        {index === undefined || !cell
          ? `${words.meaning} ${down === 'layers' ? 'Layers' : 'Heads'} down, ${across} across.`
          : `${across === 'heads' ? formatHead(headAt(cell.row, cell.column)!) : `${rowNames[cell.row]}, ${cell.column} “${tokens[cell.column]?.display ?? ''}”`}: ${
              Number.isNaN(data.recovery[index]!)
                ? 'no partner, nothing was patched'
                : `recovery ${formatNumber(data.recovery[index]!)}, logit difference ${formatSigned(data.difference[index]!)}`
            }`}
      </p>
    </section>
  );
}

/** Of the clean prompt, which tokens are pinned in; undefined where the other has no partner there. */
function cleanPosition({ direction, pair }: PatchResult, position: number): number | undefined {
  if (direction === 'noise') return position;
  const found = pair.partners.indexOf(position);
  return found === -1 ? undefined : found;
}

/** Of the run that is patched; -1 for a token without a partner. */
function positionOf({ direction, pair }: PatchResult, clean: number): number {
  return direction === 'noise' ? clean : (pair.partners[clean] ?? -1);
}
