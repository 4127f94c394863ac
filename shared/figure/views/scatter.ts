/** Every head by two scores. */
import { formatHead } from '../../model/head-id.ts';
import type { RunSummary } from '../../model/run.ts';
import { allHeads, sortedByScore } from '../../view/atlas/head-order.ts';
import { scoreScale, strengthOf } from '../../view/atlas/score-colours.ts';
import { plural } from '../../view/format.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type Frame, type PageText } from '../page.ts';
import { drawScoreAxes, type ScoreAxes } from '../parts/score-axes.ts';
import type { RecipeOf } from '../recipe.ts';
import { findScores, scoreSentence, type FigureScore } from '../score-tables.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { provenanceText, runOf, type FigureModel } from '../source.ts';
import type { FigureView, Noted } from '../view.ts';

export interface ScatterFigure extends Noted {
  readonly run: RunSummary;
  readonly model: FigureModel;
  readonly x: FigureScore;
  readonly y: FigureScore;
  readonly text: PageText;
}

const HEIGHT_EM = 32;
const DOT_EM = 0.42;

export const scatterView: FigureView<'scatter', ScatterFigure> = {
  id: 'scatter',
  async load(recipe, { source }) {
    const run = runOf(source, recipe.run);
    const [x, y] = (await findScores(source, run, [recipe.x, recipe.y], recipe.parameters)) as [
      FigureScore,
      FigureScore,
    ];
    const origin = originOf([run], [x.table.info.badge, y.table.info.badge]);
    const missing = x.values.filter((value, index) => Number.isNaN(value) || Number.isNaN(y.values[index]!)).length;
    return {
      run,
      model: source.model,
      x,
      y,
      origin,
      notes: missing > 0 ? [`${plural(missing, 'head')} without a value in one of the scores: not drawn.`] : [],
      text: {
        name: `${y.table.info.name} by ${x.table.info.name}`,
        details: recipe.run === 'changed' ? 'ablated run' : '',
        inexact: inexactBadges(origin),
        caption: [
          `Each dot is a head. Across: ${scoreSentence(x)} Up: ${scoreSentence(y)}`,
          missing > 0 ? `${plural(missing, 'head')} without a value in one of them: not drawn.` : '',
          x.table.floor !== null || y.table.floor !== null ? 'Dashed: uniform attention.' : '',
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawScatter(sketch, frame, recipe, data));
  },

  table: (_, { model, x, y }) => {
    const heads = allHeads(model.layers, model.heads);
    const count = heads.length;
    const column = (score: FigureScore) => `${score.key} (${score.table.info.unit})`;
    return Promise.resolve({
      arrays: [
        { name: 'layer', shape: [count], values: Int32Array.from(heads, ({ layer }) => layer), about: 'layer' },
        { name: 'head', shape: [count], values: Int32Array.from(heads, ({ head }) => head), about: 'head' },
        { name: 'x', shape: [count], values: x.values, about: `${x.table.info.name}, ${x.table.info.unit}` },
        { name: 'y', shape: [count], values: y.values, about: `${y.table.info.name}, ${y.table.info.unit}` },
      ],
      texts: [{ name: 'scores', values: [x.key, y.key], about: 'scores across and up' }],
      sheet: {
        header: ['layer', 'head', column(x), column(y)],
        rows: heads.map(({ layer, head }, index) => [layer, head, x.values[index]!, y.values[index]!]),
      },
    });
  },

  python: () => [
    "ax.scatter(data['x'], data['y'], s=12)",
    "ax.set_xlabel(str(data['scores'][0]))",
    "ax.set_ylabel(str(data['scores'][1]))",
  ],
};

function drawScatter(sketch: Sketch, frame: Frame, recipe: RecipeOf<'scatter'>, data: ScatterFigure): number {
  const { em, theme } = sketch;
  const { x, y, model } = data;
  const height = Math.max(8 * em, Math.min(HEIGHT_EM * em, frame.height ?? Infinity));
  const domain = ({ table }: FigureScore) => {
    const { lo, hi } = scoreScale(table);
    return { lo, hi, name: `${table.info.name}, ${table.info.unit}` };
  };
  const axes = drawScoreAxes(sketch, { x: frame.x, y: frame.y, width: frame.width, height }, domain(x), domain(y));
  drawFloors(sketch, axes, x.table.floor, y.table.floor);
  const heads = allHeads(model.layers, model.heads);
  const dots = heads.flatMap((head, index) => {
    const [across, up] = [x.values[index]!, y.values[index]!];
    if (Number.isNaN(across) || Number.isNaN(up)) return [];
    return [{ head, index, px: axes.x(across), py: axes.y(up) }];
  });
  const half = (DOT_EM / 2) * em;
  const isSelected = (index: number) => index === selectedIndex(recipe, model);
  sketch.group('heads', () => {
    for (const { index, px, py } of dots) {
      sketch.rect(px - half, py - half, 2 * half, 2 * half, isSelected(index) ? theme.warm : theme.accent);
    }
  });
  // The selected head first, then those that stand out; a name that would lie over another or over a dot is left out.
  const strength = dots.map(({ index }) => (isSelected(index) ? 2 : strengthOf(scoreScale(y.table), y.values[index]!)));
  const taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  const [left, right] = axes.x.range() as [number, number];
  const top = axes.y.range()[1]!;
  sketch.group('names', () => {
    for (const place of sortedByScore(strength, 'descending').slice(0, recipe.names + 1)) {
      const { head, px, py, index } = dots[place]!;
      if (taken.length >= recipe.names && !isSelected(index)) continue;
      const name = formatHead(head);
      const width = sketch.width(name, { em: LABEL_EM });
      const base = Math.max(py + 0.3 * em, top + 0.8 * em);
      const isFree = (from: number): boolean => {
        const end = from + width;
        if (from < left || end > right) return false;
        const overName = taken.some(
          (other) => from < other.right + 0.2 * em && end > other.left - 0.2 * em && Math.abs(base - other.y) < em,
        );
        const overDot = dots.some(
          (dot) => dot.px > from - half && dot.px < end + half && dot.py > base - em && dot.py < base + half,
        );
        return !overName && !overDot;
      };
      const from = [px + half + 0.3 * em, px - half - 0.3 * em - width].find(isFree);
      if (from === undefined) continue;
      taken.push({ left: from, right: from + width, y: base });
      sketch.text(name, from, base, { em: LABEL_EM });
    }
  });
  return axes.end;
}

function selectedIndex({ selected }: RecipeOf<'scatter'>, { heads }: FigureModel): number {
  return selected ? selected.layer * heads + selected.head : -1;
}

/** Where uniform attention lies. */
function drawFloors(sketch: Sketch, { x, y }: ScoreAxes, floorX: number | null, floorY: number | null): void {
  const [left, right] = x.range() as [number, number];
  const [bottom, top] = y.range() as [number, number];
  const dashed = { stroke: sketch.theme.text, dash: [2, 2] };
  sketch.group('uniform', () => {
    const inside = (axis: ScoreAxes['x'], value: number | null): value is number =>
      value !== null && value >= axis.domain()[0]! && value <= axis.domain()[1]!;
    if (inside(x, floorX)) {
      const points = [bottom, top].map((at) => [x(floorX), at] as const);
      sketch.polyline(points, dashed);
    }
    if (inside(y, floorY)) {
      const points = [left, right].map((at) => [at, y(floorY)] as const);
      sketch.polyline(points, dashed);
    }
  });
}
