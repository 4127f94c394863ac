/** What a recipe draws of scores while sinks are left out. Pure. */
import { scoreUnder } from '../view/atlas/sink-twins.ts';
import type { FigureRecipe } from './recipe.ts';

/**
 * The recipe with every named score in the place of which a twin without sinks stands. `brought`: keys of the scores
 * that come from elsewhere, of which only these are there.
 */
export function scoresUnder(recipe: FigureRecipe, brought: readonly string[]): FigureRecipe {
  if (!('sinkMode' in recipe) || recipe.view === 'map' || recipe.view === 'compare') return recipe;
  const shown = (key: string): string => {
    const twin = scoreUnder(recipe.sinkMode, key);
    return key.includes(':') && !brought.includes(twin) ? key : twin;
  };
  switch (recipe.view) {
    case 'atlas':
    case 'histogram':
      return { ...recipe, score: shown(recipe.score) };
    case 'ranked':
      return { ...recipe, sortBy: shown(recipe.sortBy), scores: [...new Set(recipe.scores.map(shown))] };
    case 'scatter':
      return { ...recipe, x: shown(recipe.x), y: shown(recipe.y) };
  }
}
