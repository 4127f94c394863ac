/** Keys that methods give to each layer and head, side by side on one scale. */
import type { LabRecord } from '../../model/lab.ts';
import type { MethodResult } from '../../model/method-result.ts';
import { unpack } from '../../session/packed.ts';
import { fitText } from '../../view/map/axis-labels.ts';
import { formatKeys } from '../../view/lab/formats.ts';
import { rowName } from '../../view/lab/method-maps.ts';
import { allHeads } from '../../view/atlas/head-order.ts';
import { drawPage } from '../page.ts';
import type { EffectPage } from '../parts/effect-page.ts';
import { keptTable } from '../parts/kept-table.ts';
import { labPage, resultAt } from '../parts/lab-page.ts';
import { drawScoreGrid, drawScoreLegend, scoreLegendHeight } from '../parts/score-grid.ts';
import type { FigureView } from '../view.ts';

interface Allocation {
  readonly name: string;
  readonly result: MethodResult;
}

export interface AllocationFigure extends EffectPage {
  readonly record: LabRecord;
  readonly methods: readonly Allocation[];
}

const TITLE_EM = 2.9;
const GAP_EM = 1.4;
/** A grid is as wide at least. */
const LEAST_EM = 20;
const MOST_COLUMNS = 3;
/** Over a grid, and of a row of it at least. */
const HEADING_EM = 3.6;
const ROW_EM = 1.1;
/** Of grids below each other. */
const MOST_ROW_EM = 2.4;

export const allocationView: FigureView<'allocation', AllocationFigure> = {
  id: 'allocation',
  load({ result, rows: chosen }, { source }) {
    const record = unpack<LabRecord>(result);
    const rows = chosen.map((at) => resultAt(record.rows, at));
    const page = labPage(source, {
      about: record.about,
      rows,
      name: 'Keys read by layer and head',
      details: 'mean over queries',
      caption: [
        'Keys that each query head reads at a step, mean over queries.',
        'Largest over mean: 1 where all heads read as many.',
      ],
    });
    const methods = rows.map((row) => ({ name: rowName(row), result: row.result }));
    return Promise.resolve({ ...page, record, methods });
  },

  scene(recipe, { record, methods, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const { em, theme } = sketch;
      const [first] = methods;
      const most = Math.max(
        1,
        ...methods.flatMap(({ result }) => Array.from(result.heads.read)).filter(Number.isFinite),
      );
      const score = keptTable(first!.result, 'read', most);
      const legend = scoreLegendHeight(sketch, frame, score);
      const room = frame.height === undefined ? Infinity : frame.height - legend;
      const wide = Math.max(1, Math.floor((frame.width + GAP_EM * em) / ((LEAST_EM + GAP_EM) * em)));
      // More beside each other where the page is too low for as many lines.
      const least = (TITLE_EM + GAP_EM + HEADING_EM + ROW_EM * record.about.layers) * em;
      const low = Math.ceil(methods.length / Math.max(1, Math.floor(room / least)));
      const columns = Math.min(methods.length, Math.max(low, Math.min(MOST_COLUMNS, wide)));
      const lines = Math.ceil(methods.length / columns);
      const width = (frame.width - (columns - 1) * GAP_EM * em) / columns;
      const height =
        frame.height === undefined
          ? undefined
          : Math.max(em, room / lines - (TITLE_EM + (lines > 1 ? GAP_EM : 0)) * em);
      // Below each other they would be higher than a page.
      const stacked = columns === 1 && lines > 1 ? (HEADING_EM + MOST_ROW_EM * record.about.layers) * em : Infinity;
      let y = frame.y;
      let end = y;
      for (const [at, { name, result }] of methods.entries()) {
        const column = at % columns;
        if (column === 0 && at > 0) y = end + GAP_EM * em;
        const x = frame.x + column * (width + GAP_EM * em);
        const { mean, largest } = extentOf(result.heads.read);
        const bold = { weight: 'bold' } as const;
        const fit = (part: string, style: object = {}) => fitText(part, width, (words) => sketch.width(words, style));
        sketch.text(fit(name, bold) ?? '', x, y + em, bold);
        const facts = `mean ${formatKeys(mean)}, largest ${formatKeys(largest)} (${(largest / mean).toFixed(1)} ×)`;
        sketch.text(fit(facts) ?? '', x, y + 2.3 * em, { fill: theme.textDim });
        const own = { x, y: y + TITLE_EM * em, width, height: stacked < (height ?? Infinity) ? stacked : height };
        const bottom = drawScoreGrid(sketch, own, {
          model: record.about,
          score: keptTable(result, 'read', most),
          changed: [],
          selected: recipe.selected,
          // Where all read as many, the line above says it once.
          values: recipe.values === 'notable' && largest < 1.005 * mean ? 'none' : recipe.values,
          theme: recipe.theme,
          legend: false,
        });
        end = Math.max(end, bottom);
      }
      return drawScoreLegend(sketch, frame, { score, theme: recipe.theme }, { x: frame.x, y: end, width: frame.width });
    });
  },

  table: (_, { record: { about }, methods }) => {
    const { layers, heads } = about;
    const count = layers * heads;
    const values = new Float64Array(methods.length * count);
    for (const [at, { result }] of methods.entries()) values.set(result.heads.read, at * count);
    const all = allHeads(layers, heads);
    return Promise.resolve({
      arrays: [
        {
          name: 'read',
          shape: [methods.length, layers, heads],
          values,
          about: 'keys read at a step, mean over queries, [methods, layers, heads]',
        },
      ],
      texts: [{ name: 'method', values: methods.map(({ name }) => name), about: 'method with its budget' }],
      sheet: {
        header: ['method', 'layer', 'head', 'keys read'],
        rows: methods.flatMap(({ name, result }) =>
          all.map(({ layer, head }, index) => [name, layer, head, result.heads.read[index]!]),
        ),
      },
    });
  },

  python: () => [
    'plt.close(fig)',
    "fig, axes = plt.subplots(1, len(data['read']), sharey=True, squeeze=False, layout='constrained', figsize=(3.2 * len(data['read']), 3.6))",
    "most = max(1, np.nanmax(data['read']))",
    "for ax, name, read in zip(axes[0], data['method'], data['read']):",
    "    image = ax.imshow(read, cmap='viridis', vmin=0, vmax=most)",
    '    ax.set_title(str(name))',
    "    ax.set_xlabel('head')",
    "    ax.set_ylabel('layer')",
    "fig.colorbar(image, ax=axes, label='keys read, mean over queries')",
  ],
};

function extentOf(read: Float64Array): { readonly mean: number; readonly largest: number } {
  const known = read.filter((keys) => Number.isFinite(keys));
  return {
    mean: known.reduce((sum, keys) => sum + keys, 0) / known.length,
    largest: known.reduce((most, keys) => Math.max(most, keys), 0),
  };
}
