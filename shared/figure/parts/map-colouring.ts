import {
  hasLogScale,
  hasFixedScale,
  mapColours,
  openEnds,
  type ColourQuestion,
  type Extent,
  type MapColours,
} from '../../view/map/map-colours.ts';
import type { FigureRecipe } from '../recipe.ts';
import type { MapData } from './map-data.ts';

/** The options of a recipe that colours depend on. */
export type MapColourOptions = Pick<
  Extract<FigureRecipe, { view: 'map' }>,
  'value' | 'reducer' | 'scale' | 'gamma' | 'domain' | 'theme'
> & { readonly excludeSinks: boolean };

export interface MapColouring {
  readonly colours: MapColours;
  /** Whether the ends of the scale also stand for what lies beyond. */
  readonly open: { readonly low: boolean; readonly high: boolean };
}

/** One scale for all of the maps. Their values are read through only where the scale depends on them. */
export async function colouringOf(
  maps: readonly MapData[],
  options: MapColourOptions,
  isDifference: boolean,
  tokens: number,
  withoutKeys: readonly number[],
): Promise<MapColouring> {
  const { value, reducer, scale, gamma, excludeSinks, domain, theme } = options;
  const asked = { value, reducer, isDifference, scale, gamma, excludeSinks, tokens, theme };
  const question: ColourQuestion = { ...asked, domain: domain ?? undefined, shown: undefined, overview: undefined };
  if (domain === null && hasFixedScale(question)) {
    const colours = mapColours(question);
    return { colours, open: openEnds(question, colours.scale) };
  }
  const shown: (Extent | undefined)[] = [];
  const overview: (Extent | undefined)[] = [];
  for (const map of maps) {
    overview.push(await map.overview());
    // Of a maximum the coarsest level tells the largest value, and the smallest end is fixed.
    const fromOverview = reducer === 'max' && hasLogScale(value) && withoutKeys.length === 0;
    if (!fromOverview) shown.push(await map.extent(withoutKeys));
  }
  const found = { ...question, shown: union(shown), overview: withoutKeys.length > 0 ? undefined : union(overview) };
  const colours = mapColours(found);
  return { colours, open: openEnds(found, colours.scale) };
}

function union(extents: readonly (Extent | undefined)[]): Extent | undefined {
  const known = extents.filter((extent) => extent !== undefined);
  if (known.length === 0) return undefined;
  return [Math.min(...known.map(([low]) => low)), Math.max(...known.map(([, high]) => high))];
}
