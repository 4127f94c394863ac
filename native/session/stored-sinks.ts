/** A report on sinks in the two files of a stored run: numbers that are few as JSON, arrays as tables `sinks.share`, ... */
import { z } from 'zod';
import type { MassiveActivation, SinkReport } from '../../shared/model/sinks.ts';
import { exact, exactNumber } from './exact-number.ts';
import { sessionInvalid } from './session-invalid.ts';
import type { TakeTable } from './tables.ts';

const index = z.number().int().min(0);
const activation = z.object({
  layer: index,
  position: index,
  dimension: index,
  value: exact,
  ratio: exact,
  overRms: exact,
});

export const storedSinks = z.object({
  threshold: z.number().min(0).max(1),
  floor: exact,
  leastRows: index,
  /** How many there are. */
  positions: index.max(32),
  massive: z.array(activation).max(64),
  largest: z.array(activation).max(3 * 4097),
});
export type StoredSinks = z.output<typeof storedSinks>;

interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly tokens: number;
}

/** Shapes of the arrays of a report with so many positions. */
function shapesOf({ layers, heads, kvHeads, tokens }: Shape, positions: number) {
  return {
    share: [layers, tokens],
    rate: [tokens],
    importance: [positions, layers, heads],
    valueDrain: [positions, layers, kvHeads],
    valueNorm: [positions, layers, kvHeads],
    keyNorm: [positions, layers, kvHeads],
    meanValueNorm: [layers, kvHeads],
    meanKeyNorm: [layers, kvHeads],
    cosine: [positions, layers, heads],
    residualNorm: [positions, layers + 1],
    meanResidualNorm: [layers + 1],
  } as const satisfies Partial<Record<keyof SinkReport, readonly number[]>>;
}

type SinkArray = keyof ReturnType<typeof shapesOf>;

export function sinkTables(report: SinkReport, shape: Shape) {
  const shapes = Object.entries(shapesOf(shape, report.positions.length)) as [SinkArray, readonly number[]][];
  return [
    { name: 'sinks.positions', dtype: 'I32', shape: [report.positions.length], data: report.positions },
    ...shapes.map(
      ([name, dims]) => ({ name: `sinks.${name}`, dtype: 'F32', shape: dims, data: report[name] }) as const,
    ),
  ] as const;
}

export function jsonOfSinks({ threshold, floor, leastRows, positions, massive, largest }: SinkReport) {
  const numbers = ({ value, ratio, overRms, ...place }: MassiveActivation) => ({
    ...place,
    value: exactNumber(value),
    ratio: exactNumber(ratio),
    overRms: exactNumber(overRms),
  });
  return {
    threshold,
    floor: exactNumber(floor),
    leastRows,
    positions: positions.length,
    massive: massive.map(numbers),
    largest: largest.map(numbers),
  };
}

/** The inverse. Throws `session-invalid` for a position or layer that is not there. */
export function takeSinks({ positions: count, ...stored }: StoredSinks, take: TakeTable, shape: Shape): SinkReport {
  const positions = take('sinks.positions', 'I32', [count]);
  const places = [...stored.massive, ...stored.largest];
  const stray = [...positions, ...places.map(({ position }) => position)].find((at) => at < 0 || at >= shape.tokens);
  if (stray !== undefined) throw sessionInvalid(`A run's sinks name position ${stray} of ${shape.tokens}`);
  const above = places.find(({ layer }) => layer > shape.layers);
  if (above) throw sessionInvalid(`A run's sinks name layer ${above.layer} of ${shape.layers}`);
  if (new Set(positions).size < count) throw sessionInvalid("A run's sinks name a position twice");
  const arrays = Object.entries(shapesOf(shape, count)).map(([name, dims]) => [
    name,
    take(`sinks.${name}`, 'F32', dims),
  ]);
  return { ...stored, positions, ...(Object.fromEntries(arrays) as Record<SinkArray, Float32Array>) };
}
