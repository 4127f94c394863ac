/** Candidates for a token as rows: the token, its probability in one run or two, and bars on one scale from 0 to 1. */
import { fitText } from '../../view/map/axis-labels.ts';
import { formatProbability } from '../../view/format.ts';
import { MIDDLE } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';

export interface ChoiceRow {
  readonly display: string;
  /** One a series. `isBound`: at most so much. */
  readonly probabilities: readonly { readonly p: number; readonly isBound: boolean }[];
  /** In which series it was taken. */
  readonly taken: readonly boolean[];
}

export interface ChoiceSeries {
  readonly name: string;
  readonly changed: boolean;
}

const ROW_EM = 1.55;
const HEADER_EM = 1.6;
const AXIS_EM = 2.8;
const GAP_EM = 1;
const mono = { family: 'mono' } as const;

/** Height of so many rows with header and axis. */
export function choiceHeight(rows: number, em: number): number {
  return (HEADER_EM + rows * ROW_EM + AXIS_EM) * em;
}

/** How many rows have room. */
export function choiceRows(height: number, em: number): number {
  return Math.max(1, Math.floor((height / em - HEADER_EM - AXIS_EM) / ROW_EM));
}

export function drawChoices(
  sketch: Sketch,
  rows: readonly ChoiceRow[],
  series: readonly ChoiceSeries[],
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): number {
  const { em, theme } = sketch;
  const text = ({ p, isBound }: { p: number; isBound: boolean }) => `${isBound ? '≤ ' : ''}${formatProbability(p)}`;
  const widestToken = rows.reduce((most, { display }) => Math.max(most, sketch.width(display, mono)), 5 * em);
  const tokenWidth = Math.min(widestToken, width * 0.34);
  const columns = series.map(({ name }, index) =>
    rows.reduce(
      (most, { probabilities }) => Math.max(most, sketch.width(text(probabilities[index]!))),
      sketch.width(name),
    ),
  );
  const barX = x + tokenWidth + columns.reduce((sum, column) => sum + column + GAP_EM * em, 0) + GAP_EM * em;
  const barWidth = Math.max(em, x + width - barX - 0.8 * em);
  const colours = series.map(({ changed }) => (changed ? theme.up : theme.down));
  const top = y + HEADER_EM * em;
  const bottom = top + rows.length * ROW_EM * em;

  sketch.group('header', () => {
    const baseline = y + 0.95 * em;
    sketch.text('token', x, baseline, { fill: theme.textDim });
    let right = x + tokenWidth;
    for (const [index, { name }] of series.entries()) {
      right += GAP_EM * em + columns[index]!;
      sketch.text(name, right, baseline, { anchor: 'end', fill: series.length > 1 ? colours[index]! : theme.textDim });
    }
  });
  sketch.group('grid', () => {
    for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
      const at = barX + tick * barWidth;
      sketch.line(at, top, at, bottom + 0.3 * em, tick === 0 ? theme.line : theme.grid);
      if (tick % 0.5 === 0) {
        sketch.text(String(tick), at, bottom + 1.25 * em, { em: LABEL_EM, anchor: 'middle', fill: theme.textDim });
      }
    }
    const name = sketch.width('probability', { em: LABEL_EM });
    const middle = Math.min(barX + barWidth / 2, x + width - name / 2);
    sketch.text('probability', middle, bottom + 2.4 * em, { em: LABEL_EM, anchor: 'middle', fill: theme.textDim });
  });
  sketch.group('rows', () => {
    for (const [place, { display, probabilities, taken }] of rows.entries()) {
      const rowTop = top + place * ROW_EM * em;
      const baseline = rowTop + (ROW_EM / 2 + MIDDLE) * em;
      const shown = fitText(display, tokenWidth, (part) => sketch.width(part, mono));
      if (shown !== undefined) sketch.text(shown, x, baseline, mono);
      let right = x + tokenWidth;
      const thick = ((ROW_EM - 0.5) * em) / series.length;
      for (const [index, probability] of probabilities.entries()) {
        right += GAP_EM * em + columns[index]!;
        sketch.text(text(probability), right, baseline, {
          anchor: 'end',
          weight: taken[index] === true ? 'bold' : 'normal',
        });
        const length = Math.min(1, probability.p) * barWidth;
        const barTop = rowTop + 0.25 * em + index * thick;
        if (!probability.isBound && length > 0) sketch.rect(barX, barTop, length, thick, colours[index]!);
      }
    }
  });
  return bottom + AXIS_EM * em;
}
