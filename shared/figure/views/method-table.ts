/** The table of a comparison as a picture: methods by budgets, the columns that were chosen. */
import type { LabRecord, LabRow } from '../../model/lab.ts';
import type { MethodResult } from '../../model/method-result.ts';
import { unpack } from '../../session/packed.ts';
import { plural } from '../../view/format.ts';
import { cellText, LAB_COLUMNS, worstHead, type LabColumn } from '../../view/lab/columns.ts';
import { shortName } from '../../view/lab/plots.ts';
import { budgetLabel } from '../../view/lab/row-budget.ts';
import { choiceName, seriesOf } from '../../view/lab/series.ts';
import { drawPage, frameOf, scratch, type Frame } from '../page.ts';
import type { EffectPage } from '../parts/effect-page.ts';
import { choiceColumns, labPage, resolvedText } from '../parts/lab-page.ts';
import { MIDDLE, type Scene } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { FigureView } from '../view.ts';
import { wrapText } from '../wrap-text.ts';

export interface MethodTableFigure extends EffectPage {
  readonly record: LabRecord;
  readonly columns: readonly LabColumn[];
}

const ROW_EM = 1.5;
/** Of tables that would be higher than a page. */
const CLOSE_ROW_EM = 1.25;
/** A page of A4, of which a table keeps within unless its height is given. */
const MOST_MM = 297;
const MOST_PT = (MOST_MM * 72) / 25.4;
const GAP_EM = 1.2;
/** Between parts of a table that is too wide for the page. */
const PART_EM = 1.2;
const NAME_EM = 15;
/** On wide pages names may have more of them. */
const NAME_SHARE = 0.28;
const HEAD_EM = 1.15;
/** Of generated text, which is cut; numbers never are. */
const WIDEST_EM = 12;
const LEAST_EM = 6;
const BUDGET_SHARE = 0.28;
const label = { em: LABEL_EM } as const;

/** Columns that a table gives up first where it would be higher than a page: those that others nearly say. */
const DROPPED_FIRST: readonly string[] = [
  'blocks',
  'computed',
  'stored',
  'once',
  'choosing',
  'needed',
  'kvBytes',
  'recallSinkFree',
  'recallValue',
  'lostMass',
  'selected',
  'readBytes',
  'stepFlops',
  'drift',
  'topChanged',
  'worst',
  'oracleGap',
  'outputError',
  'answer',
  'resident',
  'nllAnswer',
  'recall',
  'kl',
  'outputErrorWO',
  'accuracy',
  'read',
  'ratio',
];

export const methodTableView: FigureView<'method-table', MethodTableFigure> = {
  id: 'method-table',
  load({ result, columns: chosen }, { source }) {
    const record = unpack<LabRecord>(result);
    const columns = LAB_COLUMNS.filter(({ id }) => chosen.includes(id));
    const { about, rows } = record;
    const empty = emptyOf(columns, rows);
    const drawn = columns.filter((column) => !empty.includes(column));
    const reasons = (of: readonly LabColumn[], own: readonly LabRow[]) => [
      ...new Set(own.flatMap((row) => of.flatMap((column) => cellText(column, row).missing ?? []))),
    ];
    const missing = reasons(drawn, rows);
    // Their names may be shortened.
    const oracles = [...new Set(rows.flatMap(({ info }) => (info.badge === 'oracle' ? shortName(info.name) : [])))];
    const done = rows.filter(({ result }) => result !== null);
    const unknown = reasons(empty, done).filter((reason) => !missing.includes(reason));
    const page = labPage(source, {
      about,
      rows,
      name: 'Methods side by side',
      details: about.fidelity,
      caption: [
        ...drawn.map(meaningOf),
        empty.length > 0
          ? [`Without a value in any row, so not drawn: ${empty.map(({ name }) => name).join(', ')}.`, ...unknown].join(
              ' ',
            )
          : '',
        missing.length > 0 ? `–: ${missing.join(' ')}` : '',
        oracles.length > 0
          ? `Oracles, which choose by what costs as much to know as dense attention: ${oracles.join(', ')}.`
          : '',
        resolvedText(rows),
        rows.some(isDenseHere) ? '*: dense at this length, so nothing is told of the method.' : '',
      ],
    });
    return Promise.resolve({ ...page, record, columns });
  },

  scene(recipe, data, measure) {
    const draw = (rowEm: number, dropped: readonly LabColumn[], heightMm = recipe.heightMm) => {
      const meanings = dropped.map(meaningOf);
      const text = { ...data.text, caption: data.text.caption.filter((sentence) => !meanings.includes(sentence)) };
      return drawPage({ ...recipe, heightMm }, text, measure, (sketch, frame) =>
        drawTable(sketch, frame, data, { rowEm, dropped }),
      );
    };
    if (recipe.heightMm !== null) return draw(ROW_EM, []);
    const isLow = ({ height }: Scene) => height <= MOST_PT;
    const [open, close] = [draw(ROW_EM, []), draw(CLOSE_ROW_EM, [])];
    if (isLow(open)) return open;
    if (isLow(close)) return close;
    const { width } = frameOf(recipe, data.text, measure);
    const sketch = scratch(recipe, measure);
    const partsWithout = (dropped: readonly LabColumn[]) => layoutTable(sketch, width, data, dropped).parts.length;
    const empty = emptyOf(data.columns, data.record.rows);
    const order = data.columns
      .filter((column) => !empty.includes(column))
      .sort((one, other) => DROPPED_FIRST.indexOf(one.id) - DROPPED_FIRST.indexOf(other.id));
    let dropped: readonly LabColumn[] = [];
    for (let most = partsWithout([]) - 1; most > 0; most--) {
      while (partsWithout(dropped) > most) dropped = order.slice(0, dropped.length + 1);
      const fewer = draw(CLOSE_ROW_EM, dropped);
      if (isLow(fewer)) return fewer;
    }
    return draw(CLOSE_ROW_EM, dropped, MOST_MM);
  },

  table: (_, { record: { about, rows }, columns }) => {
    const own = choiceColumns(rows);
    const places = placeColumnsOf(about);
    const valueOf = ({ result }: LabRow, { value }: LabColumn) => (result ? value(result) : null);
    const numbers = columns.filter(({ numeric }) => numeric);
    const texts = columns.filter(({ numeric }) => !numeric);
    return Promise.resolve({
      arrays: [
        ...own.arrays,
        ...numbers.map((column) => ({
          name: column.id,
          shape: [rows.length],
          values: Float64Array.from(rows, (row) => Number(valueOf(row, column) ?? NaN)),
          about: `${column.meaning} Unit: ${column.unit}`,
        })),
      ],
      texts: [
        ...own.texts,
        ...places.map(({ name, of, about: meaning }) => ({
          name,
          values: rows.map((row) => String(of(row))),
          about: meaning,
        })),
        ...texts.map((column) => ({
          name: column.id,
          values: rows.map((row) => cellText(column, row).text),
          about: column.meaning,
        })),
        { name: 'error', values: rows.map(({ error }) => error?.message ?? ''), about: 'why a row has no numbers' },
      ],
      sheet: {
        header: [
          ...own.header,
          ...places.map(({ name }) => name),
          ...columns.flatMap((column) => sheetOf(column).map(({ name }) => name)),
          'error',
        ],
        rows: rows.map((row, at) => [
          ...own.cells(at),
          ...places.map(({ of }) => of(row)),
          ...columns.flatMap((column) => sheetOf(column).map(({ cell }) => (row.result ? cell(row.result) : ''))),
          row.error?.message ?? '',
        ]),
      },
    });
  },

  python: ({ columns }) => [
    `names = [name for name in ${JSON.stringify(columns)} if name in data]`,
    "cells = [[str(method)] + [str(data[name][row]) for name in names] for row, method in enumerate(data['method'])]",
    "ax.axis('off')",
    "ax.table(cellText=cells, colLabels=['method'] + names, loc='center')",
  ],
};

interface PlaceColumn {
  readonly name: string;
  readonly of: (row: LabRow) => string | number;
  readonly about: string;
}

/** What the numbers of a row are of: without it those of two comparisons, or of two phases, look alike. */
function placeColumnsOf({ fidelity, question, tokens }: LabRecord['about']): readonly PlaceColumn[] {
  return [
    {
      name: 'fidelity',
      of: ({ result }) => result?.fidelity ?? fidelity,
      about: 'F1 layer by layer, F2 through all layers, F3 generating',
    },
    { name: 'badge', of: ({ result }) => result?.badge ?? '', about: 'how the numbers came about' },
    {
      name: 'phase',
      of: ({ result }) => result?.phase ?? '',
      about: 'decode: rows after the prompt; prefill: rows of the prompt',
    },
    { name: 'question', of: () => question, about: 'whether methods choose with the question seen' },
    { name: 'tokens', of: () => tokens, about: 'context, question and answer' },
    {
      name: 'first query',
      of: ({ result }) => (result?.phase === 'prefill' ? 0 : (result?.promptLength ?? '')),
      about: 'that is measured',
    },
    { name: 'queries', of: ({ result }) => result?.rows ?? '', about: 'that are measured' },
  ];
}

interface SheetColumn {
  readonly name: string;
  /** Empty where there is none. */
  readonly cell: (result: MethodResult) => string | number;
}

/** A column of the picture as columns of a sheet: what a cell says in two parts has one for each. */
function sheetOf(column: LabColumn): readonly SheetColumn[] {
  const { id, unit, numeric, value, text } = column;
  const number = (name: string, of: (result: MethodResult) => number | null | undefined): SheetColumn => ({
    name,
    cell: (result) => of(result) ?? NaN,
  });
  if (id === 'worst') {
    return [
      number('worst (recall)', ({ worst }) => worst.recall),
      { name: 'worst', cell: worstHead },
      number('worst (layer)', ({ worst }) => worst.layer),
      number('worst (head)', ({ worst }) => worst.head),
    ];
  }
  if (id === 'nllAnswer') {
    return [
      number('nllAnswer (nats a token)', ({ prediction }) => prediction?.nllAnswer),
      number('nllAnswerDense (nats a token)', ({ prediction }) => prediction?.nllAnswerDense),
    ];
  }
  const cell = (result: MethodResult) => {
    const found = value(result);
    if (found === null) return '';
    return numeric ? found : text(result);
  };
  return [{ name: unit === '' ? id : `${id} (${unit})`, cell }];
}

interface Placed {
  readonly column: LabColumn;
  readonly width: number;
}

/** How much is drawn. */
interface Fit {
  readonly rowEm: number;
  readonly dropped: readonly LabColumn[];
}

interface Layout {
  readonly names: ReturnType<typeof namesOf>;
  readonly nameWidth: number;
  readonly budgetWidth: number;
  /** Columns that have room beside each other, and those that go below. */
  readonly parts: readonly (readonly Placed[])[];
}

/** Names get what the columns leave of the page. */
function layoutTable(
  sketch: Sketch,
  width: number,
  { record: { rows }, columns: chosen }: MethodTableFigure,
  dropped: readonly LabColumn[],
): Layout {
  const empty = emptyOf(chosen, rows);
  const columns = chosen.filter((column) => !empty.includes(column) && !dropped.includes(column));
  const full = placeColumns(sketch, width, { rows, columns, names: namesOf(rows) });
  const short = placeColumns(sketch, width, { rows, columns, names: namesOf(rows, true) });
  // What a name explains of itself is left out where it takes a part of its own or is cut.
  return short.parts.length < full.parts.length || (full.cut && !short.cut) ? short : full;
}

interface PlaceQuestion {
  readonly rows: readonly LabRow[];
  readonly columns: readonly LabColumn[];
  readonly names: ReturnType<typeof namesOf>;
}

function placeColumns(
  sketch: Sketch,
  width: number,
  { rows, columns, names }: PlaceQuestion,
): Layout & { readonly cut: boolean } {
  const { em } = sketch;
  const widest = (texts: readonly string[], style: object = {}) =>
    Math.max(...texts.map((text) => sketch.width(text, style)));
  const budgets = Math.max(sketch.width('budget', label), widest(names.map(({ budget }) => budget)));
  const budgetWidth = Math.min(budgets, BUDGET_SHARE * width);
  // At least one column of numbers has room beside them.
  const most = width - budgetWidth - (2 * GAP_EM + LEAST_EM) * em;
  const bold = widest(
    names.map(({ name }) => name),
    { weight: 'bold' },
  );
  const least = Math.max(em, Math.min(bold, Math.max(NAME_EM * em, NAME_SHARE * width), most));
  const room = Math.max(em, width - least - budgetWidth - 2 * GAP_EM * em);
  const widthOf = (column: LabColumn) => {
    const words = [...column.name.split(' '), ...unitWords(column)].map((word) => sketch.width(word, label));
    const cells = rows.map((row) => sketch.width(textOf(column, row)));
    return Math.min(room, column.id === 'answer' ? WIDEST_EM * em : Infinity, Math.max(...words, ...cells));
  };
  const parts: Placed[][] = [];
  let free = 0;
  /** The least that a part leaves. */
  let spare = Infinity;
  for (const column of columns) {
    const own = widthOf(column);
    if (parts.length === 0 || own > free) {
      if (parts.length > 0) spare = Math.min(spare, free + GAP_EM * em);
      parts.push([]);
      free = room;
    }
    parts.at(-1)!.push({ column, width: own });
    free -= own + GAP_EM * em;
  }
  spare = Math.max(0, Math.min(spare, free + GAP_EM * em));
  const nameWidth = Math.max(least, Math.min(bold, most, least + spare));
  return { names, nameWidth, budgetWidth, parts, cut: bold > nameWidth + 1e-6 };
}

/** Of which lines may be made; a formula is one word. */
function unitWords({ unit }: LabColumn): readonly string[] {
  return unit.includes('|') ? [unit] : unit.split(' ');
}

/** Columns that have no room beside each other go below, with the methods once more. */
function drawTable(sketch: Sketch, frame: Frame, data: MethodTableFigure, { rowEm, dropped }: Fit): number {
  const { rows } = data.record;
  const { em, theme } = sketch;
  const { names, nameWidth, budgetWidth, parts } = layoutTable(sketch, frame.width, data, dropped);
  const left = nameWidth + budgetWidth + 2 * GAP_EM * em;
  const fit = (text: string, width: number, bold = false) =>
    cut(text, width, (part) => sketch.width(part, bold ? { weight: 'bold' } : {}));
  const headOf = (column: LabColumn, width: number) => {
    const lines = (part: string) => wrapText(part, width, (text) => sketch.width(text, label));
    const { name, unit } = column;
    return [...lines(name), ...(unitWords(column).length > 1 ? lines(unit) : unit === '' ? [] : [unit])];
  };
  const moreOf = (columns: readonly LabColumn[]) => {
    const text = `${plural(columns.length, 'column')} more: ${columns.map(({ name }) => name).join(', ')}`;
    return columns.length === 0 ? [] : wrapText(text, frame.width, (part) => sketch.width(part));
  };
  const lower = frame.height === undefined ? Infinity : frame.y + frame.height;
  // What is known to be left out has room to be named.
  const end = lower - (dropped.length > 0 ? moreOf(dropped).length * ROW_EM + PART_EM : 0) * em;
  const leftOut = [...dropped];
  let y = frame.y;
  for (const part of parts) {
    const heads = part.map(({ column, width }) => headOf(column, width));
    const headHeight = (Math.max(1, ...heads.map((lines) => lines.length)) * HEAD_EM + 0.5) * em;
    // The last line may have to say what there was no room for.
    if (y + headHeight + 2 * rowEm * em > end) {
      leftOut.push(...part.map(({ column }) => column));
      continue;
    }
    const top = y;
    sketch.group('head', () => {
      const base = top + headHeight - 0.5 * em;
      sketch.text('method', frame.x, base, { ...label, fill: theme.textDim });
      sketch.text('budget', frame.x + nameWidth + GAP_EM * em, base, { ...label, fill: theme.textDim });
      let x = frame.x + left;
      for (const [at, { column, width }] of part.entries()) {
        const lines = heads[at]!;
        for (const [line, text] of lines.entries()) {
          const lineY = base - (lines.length - 1 - line) * HEAD_EM * em;
          const isUnit = line >= wrapText(column.name, width, (word) => sketch.width(word, label)).length;
          sketch.text(text, x + width, lineY, { ...label, anchor: 'end', ...(isUnit ? { fill: theme.textDim } : {}) });
        }
        x += width + GAP_EM * em;
      }
      sketch.line(frame.x, top + headHeight, frame.x + frame.width, top + headHeight);
    });
    y += headHeight;
    sketch.group('rows', () => {
      for (const [at, row] of rows.entries()) {
        if (y + 2 * rowEm * em > end && at + 1 < rows.length) {
          sketch.text(`${plural(rows.length - at, 'row')} more`, frame.x, y + 1.1 * em, { fill: theme.textDim });
          y += rowEm * em;
          break;
        }
        const { name, budget, isFirst } = names[at]!;
        const base = y + (rowEm / 2 + MIDDLE) * em;
        if (isFirst && at > 0) sketch.line(frame.x, y, frame.x + frame.width, y, theme.grid);
        if (isFirst) sketch.text(fit(name, nameWidth, true), frame.x, base, { weight: 'bold' });
        const dim = row.result === null ? { fill: theme.textDim } : {};
        sketch.text(fit(budget, budgetWidth), frame.x + nameWidth + GAP_EM * em, base, dim);
        let x = frame.x + left;
        for (const { column, width } of part) {
          const fill = cellText(column, row).missing === undefined ? {} : { fill: theme.textDim };
          sketch.text(fit(textOf(column, row), width), x + width, base, { anchor: 'end', ...fill });
          x += width + GAP_EM * em;
        }
        y += rowEm * em;
      }
    });
    y += PART_EM * em;
  }
  sketch.group('left-out', () => {
    for (const line of moreOf(leftOut)) {
      if (y + ROW_EM * em > lower) break;
      sketch.text(line, frame.x, y + 0.6 * em, { fill: theme.textDim });
      y += ROW_EM * em;
    }
  });
  return y - 0.6 * em;
}

/** The worst head with its name, which on screen is a button. */
function textOf(column: LabColumn, row: LabRow): string {
  const { text: whole, missing } = cellText(column, row);
  const text = whole.replaceAll(/\r?\n/g, '⏎').replaceAll('\t', '→');
  return column.id === 'worst' && row.result && missing === undefined ? `${worstHead(row.result)} ${text}` : text;
}

/** The name stands at the first of the rows that follow each other. */
function namesOf(rows: readonly LabRow[], isShort = false) {
  const series = seriesOf(rows);
  const of = (at: number) => series.find((one) => one.rows.includes(at))!;
  return rows.map((row, at) => ({
    name: choiceName(row.choice, isShort ? { ...row.info, name: shortName(row.info.name) } : row.info),
    budget: `${budgetLabel(row)}${isDenseHere(row) ? ' *' : ''}`,
    isFirst: at === 0 || of(at) !== of(at - 1),
  }));
}

/** That dense attention is dense goes without saying. */
function isDenseHere({ choice, result }: LabRow): boolean {
  return result?.denseHere === true && choice.method !== 'dense';
}

/** Columns of nothing but dashes; none where all are. */
function emptyOf(columns: readonly LabColumn[], rows: readonly LabRow[]): readonly LabColumn[] {
  const empty = columns.filter((column) => rows.every((row) => cellText(column, row).missing !== undefined));
  return empty.length === columns.length ? [] : empty;
}

function cut(text: string, width: number, measure: (part: string) => number): string {
  if (measure(text) <= width + 1e-6) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && measure(`${letters.join('')}…`) > width) letters.pop();
  return `${letters.join('')}…`;
}

/** A column in a sentence of the caption. */
function meaningOf({ name, meaning }: LabColumn): string {
  return `${capital(name)}: ${meaning.replace(/ Click: .*$/, '')}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
