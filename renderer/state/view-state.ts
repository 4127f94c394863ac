import type { TileReducer, TileValue } from '../../shared/tensor/tile.ts';

/** What the token strip's colours mean. `change`: likelihood under the interventions, against the clean run. */
export type StripColour = 'outgoing' | 'incoming' | 'change';

/** The dock's tabs. */
export type DockTab = 'interventions' | 'generation';

/** What the cells of the head atlas show: a score's colour, or the head's small map. */
export const ATLAS_CELLS = ['score', 'maps'] as const;
export type AtlasCells = (typeof ATLAS_CELLS)[number];

export interface ViewState {
  readonly value: TileValue;
  readonly reducer: TileReducer;
  readonly scale: 'log' | 'linear';
  readonly excludeSinks: boolean;
  /** Which run the map and the atlas show. */
  readonly shown: 'clean' | 'changed';
  readonly stripColour: StripColour;
  /** The atlas score; undefined = chosen by rule from what applies. */
  readonly scoreId: string | undefined;
  readonly sortBy: string | undefined;
  readonly atlasCells: AtlasCells;
  readonly dockTab: DockTab;
}

export const initialView: ViewState = {
  value: 'probability',
  reducer: 'max',
  scale: 'log',
  excludeSinks: false,
  shown: 'clean',
  stripColour: 'outgoing',
  scoreId: undefined,
  sortBy: undefined,
  atlasCells: 'score',
  dockTab: 'interventions',
};
