import type { TileReducer, TileValue } from '../../shared/tensor/tile.ts';
import type { SinkRule } from '../../shared/view/map/sink-keys.ts';
import type { SinkMode } from '../../shared/view/map/sink-mode.ts';

/** What the token strip's colours mean. `change`: likelihood under the interventions, against the clean run; `sinks`: share of heads that rest there. */
export type StripColour = 'outgoing' | 'incoming' | 'change' | 'sinks';

/** The dock's tabs. */
export const DOCK_TABS = ['interventions', 'generation', 'sinks', 'notes'] as const;
export type DockTab = (typeof DOCK_TABS)[number];

/** What stands in the middle of the window. */
export const CENTRE_TABS = ['map', 'head', 'scores', 'effects', 'lab', 'decode'] as const;
export type CentreTab = (typeof CENTRE_TABS)[number];

/** What the cells of the head atlas show: a score's colour, or the head's small map. */
export const ATLAS_CELLS = ['score', 'maps'] as const;
export type AtlasCells = (typeof ATLAS_CELLS)[number];

/** What draws the maps; `auto`: the graphics card where there is one. */
export const DRAWINGS = ['auto', 'webgl', 'canvas'] as const;
export type Drawing = (typeof DRAWINGS)[number];

/** Ends of the gamma control. */
export const GAMMA_RANGE = { min: 0.3, max: 2.5, step: 0.05 } as const;

/** Queries `rowStart` to `rowEnd` - 1, keys `keyStart` to `keyEnd` - 1. */
export interface BrushRegion {
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly keyStart: number;
  readonly keyEnd: number;
}

/** Where the map of a prompt of so many tokens looks, in tokens and CSS pixels. */
export interface MapPlace {
  readonly tokens: number;
  readonly query: number;
  readonly key: number;
  readonly cellPx: number;
  /** Queries and keys that are in sight. */
  readonly rows: number;
  readonly keys: number;
}

export interface ViewState {
  readonly value: TileValue;
  readonly reducer: TileReducer;
  readonly scale: 'log' | 'linear';
  /** Exponent of the place on the map's colour bar; 1 = none. */
  readonly gamma: number;
  /** What becomes of sink keys, in maps, scores and figures. */
  readonly sinkMode: SinkMode;
  /** Which keys count as sinks of a map. */
  readonly sinkRule: SinkRule;
  /** Of the rule `chosen`; they belong to a prompt and are not kept. */
  readonly sinkKeys: readonly number[];
  /** Which run the map and the atlas show. */
  readonly shown: 'clean' | 'changed';
  /** Map and atlas show both runs, as long as there are two. */
  readonly split: boolean;
  readonly stripColour: StripColour;
  /** A head rests on a position whose importance is over this: epsilon of Gu et al. */
  readonly sinkThreshold: number;
  /** The atlas score; undefined = chosen by rule from what applies. */
  readonly scoreId: string | undefined;
  readonly sortBy: string | undefined;
  readonly atlasCells: AtlasCells;
  readonly centre: CentreTab;
  readonly dockTab: DockTab;
  readonly drawing: Drawing;
  /** Dragging draws a rectangle instead of moving the map. */
  readonly brushing: boolean;
  /** The rectangle that was drawn, and the prompt that it was drawn on, by the key of its clean run. */
  readonly brush: { readonly of: string; readonly region: BrushRegion } | undefined;
  /** Where the map came to rest; undefined while it shows everything. */
  readonly place: MapPlace | undefined;
}

export const initialView: ViewState = {
  value: 'probability',
  reducer: 'max',
  scale: 'log',
  gamma: 1,
  sinkMode: 'gutter',
  sinkRule: 'first',
  sinkKeys: [0],
  shown: 'clean',
  split: false,
  stripColour: 'outgoing',
  sinkThreshold: 0.3,
  scoreId: undefined,
  sortBy: undefined,
  atlasCells: 'score',
  centre: 'map',
  dockTab: 'interventions',
  drawing: 'auto',
  brushing: false,
  brush: undefined,
  place: undefined,
};
