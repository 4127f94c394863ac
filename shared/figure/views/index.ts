import type { FigureRecipe } from '../recipe.ts';
import type { FigureJob } from '../source.ts';
import { loadFigure, type LoadedFigure } from '../view.ts';
import { scoresUnder } from '../scores-under.ts';
import { accuracyView } from './accuracy.ts';
import { allocationView } from './allocation.ts';
import { atlasView } from './atlas.ts';
import { compareView } from './compare.ts';
import { curveView } from './curve.ts';
import { decodeView } from './decode.ts';
import { distanceView } from './distance.ts';
import { doseView } from './dose.ts';
import { effectView } from './effect.ts';
import { generationView } from './generation.ts';
import { histogramView } from './histogram.ts';
import { greedyView } from './greedy.ts';
import { headView } from './head.ts';
import { importanceView } from './importance.ts';
import { keptView } from './kept.ts';
import { keysView } from './keys.ts';
import { mapView } from './map.ts';
import { mapsView } from './maps.ts';
import { methodMapsView } from './method-maps.ts';
import { methodTableView } from './method-table.ts';
import { methodsView } from './methods.ts';
import { nextView } from './next.ts';
import { patchingView } from './patching.ts';
import { pathsView } from './paths.ts';
import { randomView } from './random.ts';
import { rankedView } from './ranked.ts';
import { resultsView } from './results.ts';
import { ribbonView } from './ribbon.ts';
import { scatterView } from './scatter.ts';
import { sinksView } from './sinks.ts';
import { stripView } from './strip.ts';

/** Fetches what a recipe draws. Throws what its questions throw, and `bad-request` for what the runs do not have. */
export function loadRecipe(asked: FigureRecipe, job: FigureJob): Promise<LoadedFigure> {
  const recipe = scoresUnder(asked, job.source.scores?.map(({ key }) => key) ?? []);
  switch (recipe.view) {
    case 'map':
      return loadFigure(mapView, recipe, job);
    case 'compare':
      return loadFigure(compareView, recipe, job);
    case 'atlas':
      return loadFigure(atlasView, recipe, job);
    case 'maps':
      return loadFigure(mapsView, recipe, job);
    case 'ranked':
      return loadFigure(rankedView, recipe, job);
    case 'scatter':
      return loadFigure(scatterView, recipe, job);
    case 'histogram':
      return loadFigure(histogramView, recipe, job);
    case 'head':
      return loadFigure(headView, recipe, job);
    case 'distance':
      return loadFigure(distanceView, recipe, job);
    case 'strip':
      return loadFigure(stripView, recipe, job);
    case 'sinks':
      return loadFigure(sinksView, recipe, job);
    case 'next':
      return loadFigure(nextView, recipe, job);
    case 'effect':
      return loadFigure(effectView, recipe, job);
    case 'generation':
      return loadFigure(generationView, recipe, job);
    case 'results':
      return loadFigure(resultsView, recipe, job);
    case 'curve':
      return loadFigure(curveView, recipe, job);
    case 'dose':
      return loadFigure(doseView, recipe, job);
    case 'greedy':
      return loadFigure(greedyView, recipe, job);
    case 'random':
      return loadFigure(randomView, recipe, job);
    case 'patching':
      return loadFigure(patchingView, recipe, job);
    case 'paths':
      return loadFigure(pathsView, recipe, job);
    case 'keys':
      return loadFigure(keysView, recipe, job);
    case 'importance':
      return loadFigure(importanceView, recipe, job);
    case 'methods':
      return loadFigure(methodsView, recipe, job);
    case 'accuracy':
      return loadFigure(accuracyView, recipe, job);
    case 'method-table':
      return loadFigure(methodTableView, recipe, job);
    case 'allocation':
      return loadFigure(allocationView, recipe, job);
    case 'kept':
      return loadFigure(keptView, recipe, job);
    case 'ribbon':
      return loadFigure(ribbonView, recipe, job);
    case 'method-maps':
      return loadFigure(methodMapsView, recipe, job);
    case 'decode':
      return loadFigure(decodeView, recipe, job);
  }
}
