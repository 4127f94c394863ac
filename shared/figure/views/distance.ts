/** How far a head looks back. */
import { formatHead } from '../../model/head-id.ts';
import type { HeadProfile, RunSummary } from '../../model/run.ts';
import { binsInUse, distanceLabel } from '../../view/atlas/distance-bins.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type PageText } from '../page.ts';
import { DISTANCE_BELOW_EM, distanceLeft, drawDistanceBars } from '../parts/distance-bars.ts';
import { provenanceText, runOf } from '../source.ts';
import type { FigureView, Noted } from '../view.ts';

export interface DistanceFigure extends Noted {
  readonly run: RunSummary;
  readonly profile: HeadProfile;
  readonly text: PageText;
}

const PLOT_EM = 15;

export const distanceView: FigureView<'distance', DistanceFigure> = {
  id: 'distance',
  async load(recipe, { source }) {
    const run = runOf(source, recipe.run);
    const profile = await source.ask('run.head', { runId: run.runId, ...recipe.head });
    const name = formatHead(recipe.head);
    const origin = originOf([run]);
    return {
      run,
      profile,
      origin,
      notes: [],
      text: {
        name,
        details: `attention mass by distance${recipe.run === 'changed' ? ', ablated run' : ''}`,
        inexact: inexactBadges(origin),
        caption: [
          `Attention mass of ${name} by distance between query and key, mean over the rows; bins double.`,
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, { profile, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const { em } = sketch;
      const left = distanceLeft(sketch);
      const room = frame.height === undefined ? Infinity : frame.height - (DISTANCE_BELOW_EM + 0.6) * em;
      const height = Math.max(4 * em, Math.min(PLOT_EM * em, room));
      const rect = { x: frame.x + left, y: frame.y + 0.6 * em, width: frame.width - left, height };
      return drawDistanceBars(sketch, rect, profile);
    });
  },

  table: (_, { run, profile }) => {
    const bins = Math.min(profile.distance.length, binsInUse(run.ids.length));
    const mass = profile.distance.slice(0, bins);
    const labels = Array.from({ length: bins }, (_bin, bin) => distanceLabel(bin));
    return Promise.resolve({
      arrays: [
        { name: 'mass', shape: [bins], values: mass, about: 'share of the attention mass by distance, mean over rows' },
      ],
      texts: [{ name: 'distance', values: labels, about: 'distances of each bin, tokens' }],
      sheet: {
        header: ['distance (tokens)', 'mass (share, mean over rows)'],
        rows: labels.map((label, bin) => [label, mass[bin]!]),
      },
    });
  },

  python: () => [
    "ax.bar([str(distance) for distance in data['distance']], data['mass'])",
    "ax.set_xlabel('distance, tokens')",
    "ax.set_ylabel('share of the attention mass')",
  ],
};
