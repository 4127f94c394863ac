/** MInference: columns and diagonals that the end of the prompt attends to. */
import type { MethodParameter } from '../../shared/model/method.ts';
import { countBelow, largest, range } from './choose.ts';
import { FREE, type LayerData, type Method, type MethodContext, type PromptMask } from './method.ts';
import { maskOfRows, readsEverything } from './prefill-masks.ts';
import { visitProbabilities } from './rows.ts';

/** The budgets of the configurations are for prompts of so many tokens. */
const PUBLISHED_FOR = 131_072;

const COUNT = {
  scaling: { by: 'tokens', least: 1, of: PUBLISHED_FOR },
  min: 1,
  max: 1_000_000,
  integer: true,
} as const;
const parameters: readonly MethodParameter[] = [
  {
    ...COUNT,
    id: 'columns',
    name: 'Columns',
    meaning: 'Keys that every row sees; at least the first ones.',
    default: 1000,
    source: 'minference_forward.py, where no configuration names a head',
  },
  {
    ...COUNT,
    id: 'diagonals',
    name: 'Diagonals',
    meaning: 'Distances at which every row sees a key; at least the shortest ones.',
    default: 6096,
    source: 'minference_forward.py, where no configuration names a head',
  },
  {
    ...COUNT,
    id: 'first-columns',
    name: 'First columns',
    meaning: 'First keys, which are columns whatever they get.',
    default: 30,
    source: 'minference_forward.py',
  },
  {
    ...COUNT,
    id: 'first-diagonals',
    name: 'First diagonals',
    meaning: 'Shortest distances, itself included, which are diagonals whatever they get.',
    default: 100,
    source: 'minference_forward.py',
  },
  {
    id: 'probe',
    name: 'Probe',
    meaning: 'Last rows of the prompt, whose attention columns and diagonals are summed over.',
    default: 64,
    source: 'minference_forward.py; an eighth of prompts under 512 tokens',
    scaling: { by: 'tokens', least: 1, of: 512 },
    min: 1,
    max: 1_000_000,
    integer: true,
  },
  {
    id: 'mask',
    name: 'Mask',
    meaning: 'The columns and diagonals themselves, or what the kernel makes of them: intervals for a tile of rows.',
    default: 0,
    source: 'csrc/vertical_slash_index.cu',
    scaling: { by: 'nothing' },
    min: 0,
    max: 1,
    integer: true,
    choices: ['as chosen', 'as computed'],
  },
  {
    id: 'tile',
    name: 'Tile',
    meaning: 'Rows that the kernel gives the same intervals.',
    default: 64,
    source: 'csrc/vertical_slash_index.cu',
    scaling: { by: 'tokens', least: 8 },
    min: 1,
    max: 4096,
    integer: true,
  },
];

export const verticalSlash: Method = {
  info: {
    id: 'vertical-slash',
    name: 'MInference (vertical-slash)',
    definition:
      'The last rows of the prompt are computed first. The keys that they attend to most, and the distances at which they do, become columns and diagonals, which every row of the prompt sees.',
    source: 'Jiang et al. 2024 (arXiv 2407.02490); microsoft/MInference minference_forward.py',
    classes: ['one-shot'],
    phases: ['prefill'],
    granularity: 'head',
    evicts: false,
    readsQuery: false,
    needs: [],
    budget: null,
    parameters,
    cost: { step: 'none', stored: 'nothing', once: '2 L H probe P d' },
    badge: 'exact',
    notes: [
      'Early rows are masked by what late rows attend to: their masks change with what is added to the prompt, and likelihoods along the prompt are no measure of it.',
      'A first key that draws attention also fills the diagonals of large distances.',
      'Every head is vertical-slash with the same counts; the search that gives each head its own is left out. Most published configurations have no other pattern.',
    ],
  },
  begin: (data, _layer, context) => readsEverything(data, context),
  prefill: async (data, _layer, context) => {
    const masks: PromptMask[] = [];
    for (let head = 0; head < data.heads; head++) {
      const lines = chosenLines(await probed(data, head, context), context.parameters);
      const keysAt =
        context.parameters['mask'] === 0
          ? (query: number) => keysOnLines(lines, query)
          : keysOfTiles(lines, context.parameters['tile']!);
      masks.push(maskOfRows(context, keysAt));
      await context.breathe();
    }
    return masks;
  },
  costs: ({ layers, heads, headDim, promptLength }, { probe }) => ({
    ...FREE,
    onceFlops: 2 * layers * heads * Math.min(probe!, promptLength) * promptLength * headDim,
  }),
};

/** Attention of the probe's rows by column and by distance, [promptLength] each. */
export interface LineSums {
  readonly columns: Float64Array;
  readonly diagonals: Float64Array;
}

/** What rows see, ascending. */
export interface Lines {
  readonly columns: Int32Array;
  readonly diagonals: Int32Array;
}

/** Sums over the last `rows` rows of the prompt. */
export async function lineSums(
  data: LayerData,
  head: number,
  { promptLength, breathe }: Pick<MethodContext, 'promptLength' | 'breathe'>,
  rows: number,
): Promise<LineSums> {
  const columns = new Float64Array(promptLength);
  const diagonals = new Float64Array(promptLength);
  const queries = { start: Math.max(0, promptLength - rows), end: promptLength };
  await visitProbabilities(data, head, queries, breathe, (row, query) => {
    for (let key = 0; key <= query; key++) {
      columns[key]! += row[key]!;
      diagonals[query - key]! += row[key]!;
    }
  });
  return { columns, diagonals };
}

const probed = (data: LayerData, head: number, context: MethodContext): Promise<LineSums> =>
  lineSums(data, head, context, context.parameters['probe']!);

export function chosenLines({ columns, diagonals }: LineSums, given: Readonly<Record<string, number>>): Lines {
  const most = (sums: Float64Array, first: number, count: number): Int32Array =>
    largest(Float64Array.from(sums).fill(Infinity, 0, first), Math.max(first, count));
  return {
    columns: most(columns, given['first-columns']!, given['columns']!),
    diagonals: most(diagonals, given['first-diagonals']!, given['diagonals']!),
  };
}

/** Both lists merged, each key once. */
export function keysOnLines({ columns, diagonals }: Lines, query: number): Int32Array {
  const keys = new Int32Array(columns.length + diagonals.length);
  let count = 0;
  let column = 0;
  // The largest distance has the smallest key.
  let diagonal = diagonals.length - 1;
  while (diagonal >= 0 && diagonals[diagonal]! > query) diagonal--;
  while (diagonal >= 0 || column < columns.length) {
    const left = column < columns.length ? columns[column]! : Infinity;
    const right = diagonal >= 0 ? query - diagonals[diagonal]! : Infinity;
    const key = Math.min(left, right);
    if (key > query) break;
    keys[count++] = key;
    if (left === key) column++;
    if (right === key) diagonal--;
  }
  return keys.slice(0, count);
}

/**
 * As the kernel computes it: of a tile of rows each diagonal is an interval of keys, made longer by whole tiles to take in
 * the next one, and the columns left of the last interval come on top.
 */
function keysOfTiles(lines: Lines, tile: number): (query: number) => Int32Array {
  let first = -1;
  let keys = range(0, 0);
  return (query) => {
    const start = Math.floor(query / tile) * tile;
    if (start !== first) {
      first = start;
      keys = keysOfTile(lines, start, tile);
    }
    return keys.subarray(0, countBelow(keys, query + 1));
  };
}

function keysOfTile({ columns, diagonals }: Lines, start: number, tile: number): Int32Array {
  const last = start + tile;
  const keys = new Uint8Array(last);
  let from = 0;
  let end = 0;
  for (const distance of [...diagonals].reverse()) {
    if (distance >= last) continue;
    const reach = Math.max(last - distance, tile);
    if (end === 0 || reach > end + tile) {
      keys.fill(1, from, end);
      from = reach - tile;
      end = reach;
    } else if (reach > end) end += tile;
  }
  keys.fill(1, from, end);
  for (const column of columns) if (column < end && column < last) keys[column] = 1;
  return range(0, last).filter((key) => keys[key] === 1);
}
