import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import type { MapOptions } from '../map/MapToolbar.tsx';
import type { PointingProps } from '../map/use-map-pointing.ts';
import { markToken, pinToken } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import type { Drawing } from '../state/view-state.ts';

interface LinkedMap extends PointingProps {
  readonly drawing: Drawing;
  readonly options: MapOptions;
  readonly onOptions: (change: Partial<MapOptions>) => void;
}

/** The tokens that maps point at together with the rest of the window, and how maps are shown. */
export function useLinkedMap(): LinkedMap {
  const { store } = useApp();
  const pinnedToken = useAppState(({ edit }) => edit.pinnedToken);
  const hoverToken = useAppState(({ ui }) => ui.hoverToken);
  const view = useAppState((state) => state.view);
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
  };
}
