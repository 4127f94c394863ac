import type { FigureViewId } from './recipe.ts';

/** What each kind of figure is called. */
export const FIGURE_NAMES: Readonly<Record<FigureViewId, string>> = {
  map: 'Attention map',
  compare: 'Maps side by side',
  atlas: 'Head atlas',
  maps: 'Small maps of all heads',
  ranked: 'Ranked heads',
  distance: 'Distance profile',
  strip: 'Token strip',
  next: 'Next tokens',
  effect: 'Effect of the interventions',
  generation: 'Generated text',
};

export const FIGURE_IDS = Object.keys(FIGURE_NAMES) as readonly FigureViewId[];
