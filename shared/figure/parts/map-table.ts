import { AppError } from '../../base/app-error.ts';
import type { HeadProfile } from '../../model/run.ts';
import type { TileValue } from '../../tensor/tile.ts';
import { aggregateText, VALUE_NAMES } from '../../view/map/value-words.ts';
import { inexactBadges, type FigureOrigin, type MapOrigin, type OriginOfMap } from '../origin.ts';
import type { FigureTable, TableArray } from '../table.ts';
import type { MapData } from './map-data.ts';

/** Numbers in one file of them. */
const MOST_NUMBERS = 2 ** 26;

export function checkCount(count: number): void {
  if (count <= MOST_NUMBERS) return;
  throw new AppError(
    'too-large',
    `The figure has ${count.toLocaleString('en-US')} numbers, over the limit of ${MOST_NUMBERS.toLocaleString('en-US')}.`,
    {
      hint: 'Choose a part of the map, or fewer dots per inch, which gives coarser texels.',
    },
  );
}

const NAMES: Readonly<Record<TileValue, string>> = { ...VALUE_NAMES, logProbability: 'log probability, nats' };

/** `difference of probability, max of 4×4, 8-bit`: what the numbers of a map are, with unit, reducer and badges. */
export function valuesText(
  { value, reducer, level, leftOut }: OriginOfMap,
  isDifference: boolean,
  origin: FigureOrigin,
): string {
  const name = `${isDifference ? 'difference of ' : ''}${NAMES[value]}`;
  const parts = [name, aggregateText(reducer, level), leftOut, ...inexactBadges(origin)];
  return parts.filter((part) => part !== '').join(', ');
}

/** The texels as they are drawn, and where they stand. */
export async function mapTable(
  map: MapData,
  origin: MapOrigin,
  isDifference: boolean,
  profile: HeadProfile | undefined,
): Promise<FigureTable> {
  const { rows, columns, region, level } = map;
  checkCount(rows * columns);
  const values = await map.read(0, rows);
  const side = 2 ** level;
  const starts = (from: number, count: number) => Int32Array.from({ length: count }, (_, index) => from + index * side);
  const [query, key] = [starts(region.rowStart, rows), starts(region.keyStart, columns)];
  const what = valuesText(origin.map, isDifference, origin);
  const marginals: TableArray[] = profile
    ? [
        { name: 'entropy', shape: [profile.entropy.length], values: profile.entropy, about: 'row entropy, nats' },
        {
          name: 'columnMean',
          shape: [profile.columnMean.length],
          values: profile.columnMean,
          about: 'mean probability of the key over the queries that see it',
        },
        {
          name: 'distance',
          shape: [profile.distance.length],
          values: profile.distance,
          about: 'share of the attention mass by distance, mean over rows; bin 0 = 0, bin b = 2^(b-1) to 2^b - 1',
        },
      ]
    : [];
  return {
    arrays: [
      { name: 'values', shape: [rows, columns], values, about: `${what}, [queries, keys]; NaN = masked` },
      { name: 'query', shape: [rows], values: query, about: 'first query of each row' },
      { name: 'key', shape: [columns], values: key, about: 'first key of each column' },
      { name: 'cells', shape: [1], values: Int32Array.of(side), about: 'cells a side of a texel' },
      ...marginals,
    ],
    texts: [],
    sheet: {
      header: [`query\\key (${what})`, ...Array.from(key, String)],
      rows: matrixRows(values, query, columns),
    },
  };
}

function* matrixRows(values: Float32Array, query: Int32Array, columns: number): Generator<readonly number[]> {
  for (let row = 0; row < query.length; row++) {
    yield [query[row]!, ...values.subarray(row * columns, (row + 1) * columns)];
  }
}
