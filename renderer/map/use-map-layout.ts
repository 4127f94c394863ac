/** Where the parts of a map stand in its panel, and where it looks. */
import { useCallback, useMemo } from 'react';
import type { TokenView } from '../../shared/model/token-view.ts';
import { levelForScale, topLevel } from '../../shared/tensor/tile.ts';
import { axisText, type MeasureText } from '../../shared/view/map/axis-labels.ts';
import { mapFrame, placeMap, type MapFrame, type MapLayout } from './layout.ts';
import { sinkHeading } from '../../shared/view/map/value-words.ts';
import { textMeasurer } from './measure-text.ts';
import { fullFoldText, type AxisFold } from '../../shared/view/map/place-labels.ts';
import { useViewport, type PlaceKeeper, type ViewportControl } from './use-viewport.ts';
import { plotSize, type MapRoom, type SizePx } from './viewport.ts';

export interface PlacedMap {
  readonly layout: MapLayout;
  readonly map: MapRoom;
  readonly control: ViewportControl;
  /** Of the tiles that the zoom asks for. */
  readonly level: number;
  readonly measure: MeasureText;
}

const NO_FOLDS: readonly AxisFold[] = [];

/** What the frame of a map depends on besides its panel: how wide its labels are. */
export function useMapFrame(
  tokens: readonly TokenView[],
  fontUi: string,
  sinkKeys: readonly number[] | undefined,
  folds: readonly AxisFold[] = NO_FOLDS,
): { readonly frameIn: (panel: SizePx) => MapFrame; readonly measure: MeasureText } {
  const measure = useMemo(() => textMeasurer(`11px ${fontUi}`), [fontUi]);
  const widestLabel = useMemo(
    () => tokens.reduce((widest, token) => Math.max(widest, measure(axisText(token))), 0),
    [tokens, measure],
  );
  const [bare, sinks] = [sinkKeys === undefined, sinkKeys?.length ?? 0];
  const heading = ['row entropy', ...(sinkKeys ?? []).map(sinkHeading)].reduce(
    (widest, text) => Math.max(widest, measure(text)),
    0,
  );
  const fold = folds.reduce((widest, one) => Math.max(widest, measure(fullFoldText(one))), 0);
  const index = measure(String(tokens.length - 1));
  const frameIn = useCallback(
    (panel: SizePx) =>
      mapFrame(panel, { row: widestLabel, index, column: widestLabel, heading, fold }, { bare, sinks }),
    [widestLabel, index, heading, fold, bare, sinks],
  );
  return { frameIn, measure };
}

export function useMapLayout(
  panel: SizePx,
  tokens: readonly TokenView[],
  pixelRatio: number,
  fontUi: string,
  /** Keys of the strips; undefined for a map without strips and legend. */
  sinkKeys: readonly number[] | undefined,
  folds: readonly AxisFold[] = NO_FOLDS,
  { finestLevel = 0, keeper }: { readonly finestLevel?: number; readonly keeper?: PlaceKeeper | undefined } = {},
): PlacedMap {
  // The frame depends on panel and labels, the plot on the zoom within it.
  const { frameIn, measure } = useMapFrame(tokens, fontUi, sinkKeys, folds);
  const frame = useMemo(() => frameIn(panel), [frameIn, panel]);
  const map = useMemo(
    () => ({ tokens: tokens.length, room: frame.room, pixelRatio }),
    [tokens.length, frame.room, pixelRatio],
  );
  const control = useViewport(map, keeper);
  const plot = plotSize(control.viewport.cellPx, map);
  const layout = useMemo(
    () => placeMap(frame, { width: plot.width, height: plot.height }),
    [frame, plot.width, plot.height],
  );
  const level = Math.max(
    Math.min(finestLevel, topLevel(tokens.length)),
    levelForScale(control.viewport.cellPx * pixelRatio, tokens.length),
  );
  return { layout, map, control, level, measure };
}
