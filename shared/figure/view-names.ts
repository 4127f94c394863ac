import type { FigureViewId } from './recipe.ts';

/** What kinds of figures are called. */
export const FIGURE_VIEW_NAMES: Readonly<Record<FigureViewId, string>> = {
  map: 'Attention map',
  compare: 'Maps side by side',
  atlas: 'Head atlas',
  maps: 'Small maps of all heads',
  ranked: 'Heads by score',
  scatter: 'Two scores',
  histogram: 'Histogram of a score',
  head: 'One head in numbers',
  distance: 'Distance profile',
  strip: 'Token strip',
  sinks: 'Attention sinks',
  next: 'Next tokens',
  effect: 'Effect of the interventions',
  generation: 'Generated text',
  results: 'One score of A and B',
  curve: 'Task accuracy against heads changed',
  dose: 'Dose-response of a head',
  greedy: 'Greedy joint ablation',
  random: 'Heads beside random sets',
  patching: 'Activation patching',
  paths: 'Paths from a head',
  keys: 'A row without each key',
  importance: 'Importance of heads',
};
