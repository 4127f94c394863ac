/** Methods as lines of a measure over a cost: the same on screen and in figures. Pure. */
import { scaleLinear, scaleLog } from 'd3';
import type { LabRow, LabTaskRecord } from '../../model/lab.ts';
import { METHOD_PHASES, type MethodPhase } from '../../model/method.ts';
import type { MethodTaskRow, QuestionView } from '../../model/method-task.ts';
import { plural } from '../format.ts';
import {
  COST_WORDS,
  costOf,
  denseCostOf,
  denseMeasure,
  MEASURE_WORDS,
  measureOf,
  taskCostOf,
  taskMeasureOf,
  whyMissing,
  type LabCost,
  type LabMeasure,
} from './measures.ts';
import { isOracle, phaseOf } from './known-methods.ts';
import { paretoFront, staircase, type PlotPoint } from './pareto.ts';
import { budgetLabel, rowBudget, type BudgetRow } from './row-budget.ts';
import { choiceName, looksOf, seriesOf, seriesKey, type SeriesLook } from './series.ts';

export interface LabPoint {
  readonly x: number;
  readonly y: number;
  /** Row of the record. */
  readonly row: number;
  /** As asked for: `25%`; without any what it was: `74 keys, scaled`. */
  readonly budget: string;
  /** Ends of the 95% interval; absent without one. */
  readonly low?: number;
  readonly high?: number;
}

export interface LabLine {
  readonly name: string;
  readonly look: SeriesLook;
  /** By cost. */
  readonly points: readonly LabPoint[];
  /** Hollow points: the methods see the question. */
  readonly hollow: boolean;
  /** Queries that it is measured on: those of the prompt, or those after it. */
  readonly phase: MethodPhase;
  /** It chooses by what nobody can know for less than dense attention costs. */
  readonly oracle: boolean;
}

/** What no method of the same queries beats; dense attention is one of these, oracles are none. */
export interface LabFront {
  readonly phase: MethodPhase;
  /** By cost; `row` of the record, null: dense attention. */
  readonly points: readonly (PlotPoint & { readonly row: number | null })[];
  /** Corners of the border of what they beat. */
  readonly steps: readonly PlotPoint[];
}

export interface LabAxis {
  readonly name: string;
  readonly lo: number;
  readonly hi: number;
  readonly log: boolean;
  readonly format: (value: number) => string;
}

/** Lines that stand together: a choice of one another, where they are of the same queries. */
export interface LabPanel {
  /** `question unseen`; empty for the only one. */
  readonly name: string;
  readonly lines: readonly LabLine[];
  /** Of each kind of queries with two methods or more, one of which is on it. */
  readonly fronts: readonly LabFront[];
  /** What dense attention has; null where it is not known or not the same for all. */
  readonly dense: number | null;
}

export interface LabPlotData {
  /** Axes that the panels have in common. */
  readonly x: LabAxis;
  readonly y: LabAxis;
  /** Those with lines; none where there is nothing to draw. */
  readonly panels: readonly LabPanel[];
  /** No line has more than one point, with nothing but its name to tell it by. */
  readonly named: boolean;
  /** Which end of the measure is better. */
  readonly better: 'higher' | 'lower';
  /** Why there is nothing to draw, in sentences; empty where there is something. */
  readonly nothing: string;
  /** What is not there and why, and what is not alike, in sentences. */
  readonly leftOut: readonly string[];
}

/** One line a method with its parameters, over its budgets. Rows that are dense at this length stay out. */
export function labPlot(rows: readonly LabRow[], measure: LabMeasure, cost: LabCost, log: boolean): LabPlotData {
  const up = MEASURE_WORDS[measure];
  const across = COST_WORDS[cost];
  const dense: string[] = [];
  /** Lines by the rows that they are measured on. */
  const phases = { prefill: new Set<string>(), decode: new Set<string>() };
  let without = 0;
  const lines = seriesOf(rows).flatMap(({ name, look, rows: own }): LabLine[] => {
    const results = own.flatMap((row) => rows[row]!.result ?? []);
    const points = own.flatMap((row): LabPoint[] => {
      const { result, choice } = rows[row]!;
      if (!result) return [];
      const y = measureOf(result, measure);
      const x = costOf(result, cost);
      if (result.denseHere) {
        if (choice.method !== 'dense') dense.push(`${name} ${rowBudget(rows[row]!).asked}`);
        return [];
      }
      const isKnown = Number.isFinite(y) && Number.isFinite(x);
      if (!isKnown) without += 1;
      else phases[result.phase].add(name);
      return !isKnown ? [] : [{ x, y, row, budget: budgetLabel(rows[row]!) }];
    });
    if (points.length === 0) return [];
    const oracle = rows[own[0]!]!.info.badge === 'oracle';
    return [{ name, look, points: byCost(points), hollow: false, phase: results[0]!.phase, oracle }];
  });
  const references = METHOD_PHASES.flatMap((phase): Reference[] => {
    const one = rows.find(({ result }) => result?.phase === phase)?.result;
    const own = rows.find(({ choice, result }) => choice.method === 'dense' && result?.phase === phase)?.result;
    if (!one) return [];
    return [{ phase, x: own ? costOf(own, cost) : denseCostOf(one, cost), y: denseMeasure(one, measure) }];
  });
  const isMixed = phases.prefill.size > 0 && phases.decode.size > 0;
  const levels = rows.flatMap(({ result }) => (result ? [denseMeasure(result, measure)] : []));
  const leftOut = [
    ...(isMixed
      ? [`Measured on queries of the prompt, all others on those after it: ${[...phases.prefill].join('; ')}.`]
      : []),
    ...(dense.length > 0 ? [`Dense at this length, so not drawn: ${dense.join('; ')}.`] : []),
    ...(without > 0 ? [`${plural(without, 'row')} without this measure.`] : []),
  ];
  const failures = rows.flatMap(({ error }) => error?.message ?? []);
  const known = rows.flatMap(({ result }) => (result && whyMissing(result.notGiven, measure)) ?? []);
  const reasons = known.length > 0 ? known : failures;
  const panel = { name: '', lines, dense: levels[0] ?? null, references };
  return assemble([panel], { up, across, log, leftOut, reasons });
}

/**
 * The same on a task. Methods that see the question and those that do not are told apart by panels: they are no choice of
 * one another, and many of their points would lie on each other.
 */
export function taskPlot(
  { rows, names }: Pick<LabTaskRecord, 'rows' | 'names'>,
  measure: LabMeasure,
  cost: LabCost,
  log: boolean,
): LabPlotData {
  const up = MEASURE_WORDS[measure];
  const across = COST_WORDS[cost];
  const dense: string[] = [];
  const drawn = taskSeries(rows, names).map(({ name, method, question, look, rows: own }) => {
    const points = own.flatMap((row): LabPoint[] => {
      const found = rows[row]!;
      const y = taskMeasureOf(found, measure);
      const x = taskCostOf(found, cost);
      const { accuracy, choice } = found;
      if (!Number.isFinite(y) || !Number.isFinite(x) || choice.method === 'dense') return [];
      if (isDense(found)) {
        dense.push(`${name} ${rowBudget(taskBudgetRow(found)).asked}`);
        return [];
      }
      const interval = measure === 'accuracy' && accuracy ? { low: accuracy.low, high: accuracy.high } : {};
      return [{ x, y, row, budget: taskBudgetText(found), ...interval }];
    });
    const line = { name, look, points: byCost(points), hollow: question === 'seen', phase: phaseOf(method) };
    return { question, line: { ...line, oracle: isOracle(method) } };
  });
  const questions = [...new Set(rows.map(({ question }) => question))];
  const panels = questions.map((question) => {
    const reference = rows.find((row) => row.choice.method === 'dense' && row.question === question);
    return {
      name: questions.length > 1 ? `question ${question}` : '',
      lines: drawn.filter((one) => one.question === question && one.line.points.length > 0).map(({ line }) => line),
      dense: reference ? taskMeasureOf(reference, measure) : null,
      references: METHOD_PHASES.flatMap((phase) => taskReference(reference, { phase, measure, cost })),
    };
  });
  const without = rows.filter((row) => !Number.isFinite(taskMeasureOf(row, measure))).length;
  const leftOut = [
    ...(dense.length > 0 ? [`Dense at this length, so not drawn: ${[...new Set(dense)].join('; ')}.`] : []),
    ...(without > 0 ? [`${plural(without, 'row')} without this measure.`] : []),
  ];
  const reasons = rows.flatMap(({ notGiven }) => whyMissing(notGiven, measure) ?? []);
  return assemble(panels, { up, across, log, leftOut, reasons });
}

/** Dense attention of a task; of queries of the prompt, which its row is not of, only what is so on all of them. */
function taskReference(
  dense: MethodTaskRow | undefined,
  { phase, measure, cost }: { readonly phase: MethodPhase; readonly measure: LabMeasure; readonly cost: LabCost },
): Reference[] {
  const y = MEASURE_WORDS[measure].dense ?? (dense ? taskMeasureOf(dense, measure) : NaN);
  const always = cost === 'ratio' || cost === 'selected' ? 1 : NaN;
  const x = dense && phase === 'decode' ? taskCostOf(dense, cost) : always;
  return [{ phase, x, y }];
}

/** Whether a method read (almost) everything on all samples. */
function isDense({ denseHere, n }: MethodTaskRow): boolean {
  return n > 0 && denseHere === n;
}

/** What there is to say of its budget: the keys are those of the first sample. */
export function taskBudgetRow({ choice, resolved }: Pick<MethodTaskRow, 'choice' | 'resolved'>): BudgetRow {
  const takesNone = resolved.budget === null && choice.budget === null;
  return { choice, info: takesNone ? { budget: null } : undefined, result: { resolved } };
}

/** `25%`, `74 keys, scaled`, or `none` of a method that takes no budget. */
export function taskBudgetText(row: Pick<MethodTaskRow, 'choice' | 'resolved'>): string {
  return budgetLabel(taskBudgetRow(row));
}

export interface TaskSeries {
  readonly name: string;
  /** Its id. */
  readonly method: string;
  readonly question: QuestionView;
  readonly look: SeriesLook;
  readonly rows: readonly number[];
}

/** A method keeps its colour under both views of the question. */
export function taskSeries(rows: readonly MethodTaskRow[], names: Readonly<Record<string, string>>): TaskSeries[] {
  const looks = looksOf(rows.map(({ choice }) => choice));
  const found = new Map<string, TaskSeries & { readonly rows: number[] }>();
  for (const [at, { choice, question }] of rows.entries()) {
    const key = seriesKey(choice);
    const one = found.get(`${question} ${key}`);
    if (one) one.rows.push(at);
    else {
      const given = Object.entries(choice.parameters).map(([id, value]) => `${id} ${value}`);
      const name = [choiceName({ ...choice, parameters: {} }, undefined), ...given].join(', ');
      const shown = name.replace(choice.method, names[choice.method] ?? choice.method);
      found.set(`${question} ${key}`, {
        name: shown,
        method: choice.method,
        question,
        look: looks.get(key)!,
        rows: [at],
      });
    }
  }
  return [...found.values()];
}

/** Dense attention on the queries of a phase; NaN where it is not known. */
interface Reference extends PlotPoint {
  readonly phase: MethodPhase;
}

interface Assembly {
  readonly up: (typeof MEASURE_WORDS)[LabMeasure];
  readonly across: (typeof COST_WORDS)[LabCost];
  readonly log: boolean;
  readonly leftOut: readonly string[];
  /** Why rows have no such measure. */
  readonly reasons: readonly string[];
}

type Unfinished = Omit<LabPanel, 'fronts'> & { readonly references: readonly Reference[] };

function assemble(all: readonly Unfinished[], { up, across, log, leftOut, reasons }: Assembly): LabPlotData {
  const panels = all
    .filter(({ lines }) => lines.length > 0)
    .map((panel) => ({ ...panel, dense: panel.dense !== null && Number.isFinite(panel.dense) ? panel.dense : null }));
  const points = panels.flatMap(({ lines }) => lines.flatMap((line) => line.points));
  const costs = points.map(({ x }) => x);
  const isLog = log && costs.every((cost) => cost > 0);
  const values = points.flatMap(({ y, low = y, high = y }) => [y, low, high]);
  const levels = panels.flatMap(({ dense }) => dense ?? []);
  const y = up === MEASURE_WORDS.accuracy ? { lo: 0, hi: 1 } : ends([...values, ...levels]);
  const x = isLog ? logEnds(costs) : ends([0, ...costs]);
  const worst = up.better === 'higher' ? y.lo : y.hi;
  return {
    better: up.better,
    named: panels.length > 0 && panels.every(({ lines }) => lines.every((line) => line.points.length === 1)),
    x: { name: across.axis, ...x, log: isLog, format: across.format },
    y: { name: up.axis, ...y, log: false, format: up.format },
    panels: panels.map(({ name, lines, dense, references }) => ({
      name,
      lines,
      dense,
      fronts: METHOD_PHASES.flatMap((phase): LabFront[] => {
        const front = frontOf(lines, phase, references, up.better);
        return front.length === 0 ? [] : [{ phase, points: front, steps: staircase(front, worst, x.hi) }];
      }),
    })),
    nothing: panels.length > 0 ? '' : nothingText(leftOut, reasons),
    leftOut,
  };
}

const MOST_REASONS = 3;

function nothingText(leftOut: readonly string[], reasons: readonly string[]): string {
  const why = [...new Set(reasons)].slice(0, MOST_REASONS);
  return why.length > 0
    ? ['Nothing to draw: no row has this measure.', ...why].join(' ')
    : ['Nothing to draw: no row has a point.', ...leftOut].join(' ');
}

/** Empty where there is nothing to choose from: fewer than two methods, or none that dense attention does not beat. */
function frontOf(
  lines: readonly LabLine[],
  phase: MethodPhase,
  references: readonly Reference[],
  better: 'higher' | 'lower',
): LabFront['points'] {
  const own = lines.filter((line) => line.phase === phase && !line.oracle);
  if (own.length < 2) return [];
  const points: LabFront['points'] = [
    ...own.flatMap((line) => line.points.map(({ x, y, row }) => ({ x, y, row }))),
    ...references.filter((one) => one.phase === phase).map(({ x, y }) => ({ x, y, row: null })),
  ];
  const front = paretoFront(
    points.map(({ x, y }) => ({ cost: x, value: y })),
    better,
  ).map((at) => points[at]!);
  return front.every(({ row }) => row === null) ? [] : front;
}

/** Phases that a plot has a front of. */
export function frontPhases({ panels }: LabPlotData): readonly MethodPhase[] {
  return METHOD_PHASES.filter((phase) => panels.some(({ fronts }) => fronts.some((front) => front.phase === phase)));
}

/** What a front is, for the legend: in short, and in full. */
export function frontWords(data: LabPlotData, phase: MethodPhase): { readonly name: string; readonly title: string } {
  const { panels } = data;
  const isMixed = frontPhases(data).length > 1;
  const hasOracle = panels.some(({ lines }) => lines.some((line) => line.oracle && line.phase === phase));
  const details = [
    ...(isMixed ? [phase === 'prefill' ? 'queries of the prompt' : 'queries after it'] : []),
    ...(hasOracle ? ['without oracles'] : []),
  ];
  return {
    name: `Pareto front${details.length > 0 ? ` (${details.join(', ')})` : ''}`,
    title: [
      'All that lies on the far side is beaten by a method that costs no more and is no worse.',
      'Dense attention counts; methods count that are measured on the same queries.',
      ...(hasOracle ? ['Oracles do not: they choose by what costs as much to know as dense attention.'] : []),
    ].join(' '),
  };
}

/** Lines of all panels that have a look and a name of their own, for a legend. */
export function legendLines({ panels }: LabPlotData): readonly LabLine[] {
  const found = new Map<string, LabLine>();
  for (const { lines } of panels) for (const line of lines) if (!found.has(line.name)) found.set(line.name, line);
  return [...found.values()];
}

/** Of a line, beside its point: without what a name explains of itself. */
export function shortName(name: string): string {
  return name.replace(/ \([^)]*\)/, '');
}

function byCost(points: readonly LabPoint[]): readonly LabPoint[] {
  return points.toSorted((a, b) => a.x - b.x || a.row - b.row);
}

/** Round ends around the values; of one value alone, some room around it. */
function ends(values: readonly number[]): { readonly lo: number; readonly hi: number } {
  if (values.length === 0) return { lo: 0, hi: 1 };
  const least = Math.min(...values);
  const most = Math.max(...values);
  const room = most > least ? 0 : Math.max(Math.abs(most) * 0.1, 1e-6);
  const [lo = 0, hi = 1] = scaleLinear()
    .domain([least - (least === 0 ? 0 : room), most + room])
    .nice()
    .domain();
  return { lo, hi };
}

function logEnds(values: readonly number[]): { readonly lo: number; readonly hi: number } {
  if (values.length === 0) return { lo: 1, hi: 10 };
  const least = Math.min(...values);
  const most = Math.max(...values);
  const [lo = 1, hi = 10] = scaleLog()
    .base(2)
    .domain([least, most > least ? most : 2 * least])
    .nice()
    .domain();
  return { lo, hi };
}
