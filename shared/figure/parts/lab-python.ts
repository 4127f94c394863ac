/** matplotlib that draws a plot of methods from its numbers: every panel, with the looks that the lines have in the figure. */
import type { LabPlotData } from '../../view/lab/plots.ts';
import { legendLines } from '../../view/lab/plots.ts';
import type { Marker } from '../../view/lab/markers.ts';
import type { SeriesLook } from '../../view/lab/series.ts';
import { pythonText } from '../python-text.ts';

/** What matplotlib calls the shapes of points. */
const MARKERS: Readonly<Record<Marker, string>> = {
  circle: 'o',
  square: 's',
  triangle: '^',
  diamond: 'D',
  down: 'v',
  cross: 'P',
};
const LINE_PT = 1.1;
/** Dashes are of lines of two pixels, those of matplotlib in widths of the line. */
const DASH_SHARE = 0.5;

interface PlottedColumns {
  /** Arrays of the table: what is up and what is across. */
  readonly measure: string;
  readonly cost: string;
  /** Python: whether rows of the table are of a panel and not dense at this length; `panel` is its name. */
  readonly rows: string;
  /** Whether points have intervals, from the arrays `low` and `high`. */
  readonly bars: boolean;
}

/** Lines of a script, as `FigureView.python` gives them. */
export function labPython(data: LabPlotData, { measure, cost, rows, bars }: PlottedColumns): readonly string[] {
  const { panels, x, y, named } = data;
  if (panels.length === 0) return [`ax.text(0.5, 0.5, ${pythonText(data.nothing)}, ha='center', wrap=True)`];
  const hollow = panels.filter(({ lines }) => lines.some((line) => line.hollow)).map(({ name }) => name);
  return [
    'looks = {  # colour, marker and dashes of each line',
    ...legendLines(data).map(({ name, look }) => `    ${pythonText(name)}: ${lookText(look)},`),
    '}',
    'panels = [  # name, dense attention, Pareto fronts',
    ...panels.map(({ name, dense, fronts }) => {
      const corners = fronts.map(({ steps }) => `[${steps.map((step) => `(${step.x}, ${step.y})`).join(', ')}]`);
      return `    (${pythonText(name)}, ${dense ?? 'None'}, [${corners.join(', ')}]),`;
    }),
    ']',
    `hollow = [${hollow.map(pythonText).join(', ')}]  # panels whose methods have seen the question`,
    'plt.close(fig)',
    "fig, axes = plt.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False, layout='constrained', figsize=(5 + 4 * len(panels), 5))",
    'for ax, (panel, dense, fronts) in zip(axes[0], panels):',
    '    for front in fronts:',
    "        ax.plot(*zip(*front), color='0.8', linewidth=3, label='Pareto front', zorder=1)",
    '    if dense is not None:',
    "        ax.axhline(dense, color='0.4', linewidth=0.8, linestyle=':', label='dense attention')",
    '    for line, (colour, marker, dashes) in looks.items():',
    `        of = (data['line'] == line) & (${rows})`,
    `        of &= np.isfinite(data['${measure}']) & np.isfinite(data['${cost}'])`,
    `        x, y, keys = data['${cost}'][of], data['${measure}'][of], data['keys'][of]`,
    '        order = np.argsort(x)',
    '        if len(x) == 0:',
    '            continue',
    ...(bars
      ? [
          "        around = np.maximum([y - data['low'][of], data['high'][of] - y], 0)",
          "        ax.errorbar(x, y, yerr=around, fmt='none', ecolor=colour, alpha=0.5, elinewidth=0.75, capsize=2)",
        ]
      : []),
    `        ax.plot(x[order], y[order], color=colour, marker=marker, linestyle=dashes, linewidth=${LINE_PT}, markersize=4, markerfacecolor='white' if panel in hollow else colour, label=line)`,
    ...(bars
      ? []
      : [
          '        for at in range(len(x)):',
          `            name = ${named ? 'line' : "f'{keys[at]:.0f}' if np.isfinite(keys[at]) else line if len(x) == 1 else ''"}`,
          "            ax.annotate(name, (x[at], y[at]), xytext=(4, 0), textcoords='offset points', fontsize='x-small', va='center')",
        ]),
    '    ax.set_title(panel)',
    ...(x.log ? ["    ax.set_xscale('log', base=2)"] : []),
    `    ax.set_xlim(${x.lo}, ${x.hi})`,
    `    ax.set_ylim(${y.lo}, ${y.hi})`,
    `    ax.set_xlabel(${pythonText(x.name)})`,
    `axes[0][0].set_ylabel(${pythonText(y.name)})`,
    'handles = {label: handle for ax in axes[0] for handle, label in zip(*ax.get_legend_handles_labels())}',
    "fig.legend(handles.values(), handles.keys(), loc='outside lower center', ncols=4, fontsize='small')",
  ];
}

function lookText({ colour, marker, dash }: SeriesLook): string {
  const lengths = dash.split(' ').map((length) => Number(length) * DASH_SHARE);
  const dashes = dash === '' ? "'-'" : `(0, (${lengths.join(', ')}))`;
  return `('${colour}', '${MARKERS[marker]}', ${dashes})`;
}
