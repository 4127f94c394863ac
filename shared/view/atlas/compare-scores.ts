/** One score of two results, on one scale, and their difference. Pure. */
import { extent } from 'd3';
import type { ScoreParameters, ScoreTable } from '../../model/score.ts';
import { scoreScale } from './score-colours.ts';

/** Of whose heads a score is. */
export interface HeadShape {
  readonly layers: number;
  readonly heads: number;
}

export interface ComparedScore {
  /** Both with the same ends of their colours. */
  readonly a: ScoreTable;
  readonly b: ScoreTable;
  /** A - B, head by head, zero in the middle of its colours; NaN where either has no value. */
  readonly difference: ScoreTable;
  /** |A - B|. */
  readonly size: ScoreTable;
}

/** Copies of both tables with one domain, so that a colour means the same number in both. */
export function onOneScale(a: ScoreTable, b: ScoreTable): readonly [ScoreTable, ScoreTable] {
  const [of, other] = [scoreScale(a), scoreScale(b)];
  const domain = [Math.min(of.lo, other.lo), Math.max(of.hi, other.hi)] as const;
  return [withDomain(a, domain), withDomain(b, domain)];
}

/** Undefined where the shapes differ: there is no pairing of heads then. */
export function compareScores(
  first: ScoreTable,
  second: ScoreTable,
  shape: HeadShape,
  otherShape: HeadShape,
): ComparedScore | undefined {
  if (!first.values || !second.values || !sameShape(shape, otherShape)) return undefined;
  const values = first.values.map((value, index) => value - second.values![index]!);
  const sizes = values.map(Math.abs);
  const [, reach] = extent(sizes);
  // Two equal results have a scale as well, on which all of them lie in the middle.
  const most =
    reach === undefined || reach === 0
      ? 1
      : scoreScale({ info: { ...first.info, domain: [0, null] }, values: sizes }).hi;
  const [a, b] = onOneScale(first, second);
  const derived = (name: string, table: Float64Array, domain: readonly [number, number]): ScoreTable => ({
    ...first,
    info: { ...first.info, name: `${first.info.name}, ${name}`, domain },
    values: table,
    floor: null,
    spread: null,
  });
  return {
    a,
    b,
    difference: derived('A − B', values, [-most, most]),
    size: derived('|A − B|', sizes, [0, most]),
  };
}

export function sameShape(a: HeadShape, b: HeadShape): boolean {
  return a.layers === b.layers && a.heads === b.heads;
}

export interface DifferingParameter {
  readonly name: string;
  /** As a person reads them: names of choices, `none` where there is no such parameter. */
  readonly a: string;
  readonly b: string;
}

/** Parameters that the two were computed with different values of, in the order of the definition. */
export function differingParameters(a: ScoreTable, b: ScoreTable): readonly DifferingParameter[] {
  const declared = [...a.info.parameters, ...b.info.parameters].map(({ id }) => id);
  const ids = new Set([...declared, ...Object.keys(a.parameters), ...Object.keys(b.parameters)]);
  return [...ids].flatMap((id) => {
    if (a.parameters[id] === b.parameters[id]) return [];
    const info = a.info.parameters.find((one) => one.id === id) ?? b.info.parameters.find((one) => one.id === id);
    const read = (parameters: ScoreParameters) => {
      const value = parameters[id];
      return value === undefined ? 'none' : (info?.choices?.[value] ?? String(value));
    };
    return [{ name: info?.name ?? id, a: read(a.parameters), b: read(b.parameters) }];
  });
}

function withDomain(table: ScoreTable, domain: readonly [number, number]): ScoreTable {
  return { ...table, info: { ...table.info, domain } };
}
