/** Methods as tables, plots and figures tell them apart: a name, a colour, a shape of points and a dash pattern each. */
import type { LabRow } from '../../model/lab.ts';
import type { Budget, MethodInfo, MethodParameters } from '../../model/method.ts';
import type { MethodChoice } from '../../model/method-task.ts';
import { formatCount, formatNumber, plural } from '../format.ts';
import { LOOK_ORDER } from './known-methods.ts';
import { MARKERS, type Marker } from './markers.ts';

export interface SeriesLook {
  /** Keeps 3:1 on the background of both themes. */
  readonly colour: string;
  /** As of `stroke-dasharray`, for lines of about two pixels; empty = a full line. */
  readonly dash: string;
  /** Of points. */
  readonly marker: Marker;
}

/** No two share a colour, and none a dash pattern, for print without colours. */
const STROKES: readonly Omit<SeriesLook, 'marker'>[] = [
  { colour: '#2f7fd6', dash: '' },
  { colour: '#cf6a0a', dash: '7 3' },
  { colour: '#23945a', dash: '2 3' },
  { colour: '#a35fd3', dash: '9 3 2 3' },
  { colour: '#d64550', dash: '14 4' },
  { colour: '#15909f', dash: '5 2 1 2 1 2' },
  { colour: '#8f7c1c', dash: '1 4' },
  { colour: '#cc5096', dash: '11 2 5 2' },
];

/** What others are compared with is grey. */
export const DENSE_LOOK: SeriesLook = { colour: '#79818c', dash: '3 3', marker: 'circle' };

/** Of a method as it is known: no two share colour and shape, nor shape and dash pattern. */
function lookAt(at: number): SeriesLook {
  const count = STROKES.length;
  const round = Math.floor(at / count);
  const { colour } = STROKES[at % count]!;
  const { dash } = STROKES[(at + 3 * round) % count]!;
  return { colour, dash, marker: MARKERS[round % MARKERS.length]! };
}

/**
 * By `seriesKey`. A method has its own look whatever else is on the list; a second set of parameters has its colour, with
 * a shape that no method has or a dash pattern of its own.
 */
export function looksOf(choices: readonly Pick<MethodChoice, 'method' | 'parameters'>[]): Map<string, SeriesLook> {
  const ids = [...new Set(choices.map(({ method }) => method))].filter((id) => id !== 'dense');
  const order = [...LOOK_ORDER, ...ids.filter((id) => !LOOK_ORDER.includes(id))];
  const own = order.map((_, at) => lookAt(at));
  const reserved = new Set(own.map(({ colour, marker }) => `${colour} ${marker}`));
  const looks = new Map<string, SeriesLook>();
  const given = new Set<string>();
  // As published before what is changed of it, which could come first.
  const sorted = choices.toSorted((a, b) => Number(!isPlain(a)) - Number(!isPlain(b)));
  for (const choice of sorted) {
    const key = seriesKey(choice);
    if (looks.has(key)) continue;
    if (choice.method === 'dense') looks.set(key, DENSE_LOOK);
    else if (!given.has(choice.method)) looks.set(key, own[order.indexOf(choice.method)]!);
    else looks.set(key, freeLook(order.indexOf(choice.method), reserved, [...looks.values()]));
    given.add(choice.method);
  }
  return looks;
}

const isPlain = ({ parameters }: Pick<MethodChoice, 'parameters'>): boolean => Object.keys(parameters).length === 0;

/** The next one that nothing has, of the same colour as long as there is one. */
function freeLook(at: number, reserved: ReadonlySet<string>, used: readonly SeriesLook[]): SeriesLook {
  const count = STROKES.length;
  for (let turn = 0; turn < count; turn++) {
    const { colour } = STROKES[(at + turn) % count]!;
    for (let step = 0; step < count; step++) {
      const { dash } = STROKES[(at + 1 + step) % count]!;
      for (const marker of MARKERS) {
        const isUsed = used.some((one) => one.colour === colour && one.marker === marker && one.dash === dash);
        if (!isUsed && !reserved.has(`${colour} ${marker}`)) return { colour, dash, marker };
      }
    }
  }
  return lookAt(at);
}

/** What one method with one set of parameters gave, over its budgets. */
export interface LabSeries {
  readonly name: string;
  readonly look: SeriesLook;
  /** Rows of the record, in its order. */
  readonly rows: readonly number[];
}

/** Rows of the same method and parameters together, in the order in which they come first. */
export function seriesOf(rows: readonly Pick<LabRow, 'choice' | 'info'>[]): LabSeries[] {
  const looks = looksOf(rows.map(({ choice }) => choice));
  const found = new Map<string, { name: string; look: SeriesLook; rows: number[] }>();
  for (const [at, { choice, info }] of rows.entries()) {
    const key = seriesKey(choice);
    const one = found.get(key);
    if (one) one.rows.push(at);
    else found.set(key, { name: choiceName(choice, info), look: looks.get(key)!, rows: [at] });
  }
  return [...found.values()];
}

/** The same for budgets of one method. */
export function seriesKey({ method, parameters }: Pick<MethodChoice, 'method' | 'parameters'>): string {
  const given = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([method, given]);
}

/** `Quest, page 8`: with the parameters that were given. */
export function choiceName(
  { method, parameters }: Pick<MethodChoice, 'method' | 'parameters'>,
  info: Pick<MethodInfo, 'name' | 'parameters'> | undefined,
): string {
  return [info?.name ?? method, ...parametersText(parameters, info)].join(', ');
}

/** `page 8`, `positions in the cache`, in the order of the method's form. */
export function parametersText(
  parameters: MethodParameters,
  info: Pick<MethodInfo, 'parameters'> | undefined,
): readonly string[] {
  const known = info?.parameters.filter(({ id }) => id in parameters) ?? [];
  return known.map(({ id, name, choices }) => {
    const value = parameters[id]!;
    return `${name.toLowerCase()} ${choices?.[value] ?? plainNumber(value)}`;
  });
}

/** As it was asked for: `25%`, `256 keys`; without any what that will be. `rowBudget` says what it was. */
export function budgetText(budget: Budget | null, info: Pick<MethodInfo, 'budget'> | undefined): string {
  if (info?.budget === null) return 'none';
  if (budget === null) return 'as published, scaled';
  return 'keys' in budget ? plural(budget.keys, 'key') : `${plainNumber(100 * budget.share)}%`;
}

/** Without zeros that say nothing. */
function plainNumber(value: number): string {
  return Number.isInteger(value)
    ? formatCount(value)
    : formatNumber(value)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
}
