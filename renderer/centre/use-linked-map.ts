import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import type { MapOptions } from '../map/MapToolbar.tsx';
import type { PointingProps } from '../map/use-map-pointing.ts';
import type { PlaceKeeper } from '../map/use-viewport.ts';
import { markToken, pinToken } from '../state/edits.ts';
import { shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import type { Drawing } from '../state/view-state.ts';

/** Of a session without a map: every level is too fine. */
const MOST_LEVEL = 24;

interface LinkedMap extends PointingProps {
  readonly drawing: Drawing;
  readonly options: MapOptions;
  readonly onOptions: (change: Partial<MapOptions>) => void;
  readonly keeper: PlaceKeeper;
  readonly finestLevel: number;
}

/** The tokens that maps point at together with the rest of the window, and how maps are shown. */
export function useLinkedMap(): LinkedMap {
  const { store } = useApp();
  const pinnedToken = useAppState(({ edit }) => edit.pinnedToken);
  const hoverToken = useAppState(({ ui }) => ui.hoverToken);
  const view = useAppState((state) => state.view);
  const stored = useAppState((state) => shownRun(state)?.stored);
  return {
    pinnedToken,
    onPinToken: (index) => pinToken(store, index),
    onMarkToken: (index) => markToken(store, index),
    hoverToken,
    onHoverToken: (index) => {
      if (store.getState().ui.hoverToken !== index) patch(store, 'ui', { hoverToken: index });
    },
    drawing: view.drawing,
    options: view,
    onOptions: (change) => patch(store, 'view', change),
    keeper: {
      place: view.place,
      onPlace: (place) => {
        if (JSON.stringify(place) !== JSON.stringify(store.getState().view.place)) patch(store, 'view', { place });
      },
    },
    finestLevel: stored && !stored.tensors ? Math.min(...stored.maps.map(({ level }) => level), MOST_LEVEL) : 0,
  };
}
