/** FlexPrefill: each head is masked by estimated blocks where these can be trusted, else by columns and diagonals. */
import { blockProbabilities, keyBlockMeans, queryBlockMeans } from './block-means.ts';
import { largest } from './choose.ts';
import { FREE, groupOf, type LayerData, type Method, type MethodContext, type PromptMask } from './method.ts';
import { maskOfBlocks, readsEverything } from './prefill-masks.ts';
import { lineSums } from './vertical-slash.ts';

export const flexprefill: Method = {
  info: {
    id: 'flexprefill',
    name: 'FlexPrefill',
    definition:
      'The attention of the last rows of the prompt is compared with what mean queries and keys of blocks estimate for it. A head where both agree is masked by the estimates of all its blocks; any other by the columns and diagonals of blocks that its last rows attend to. Both keep as many as a share of the attention takes.',
    source: 'Lai et al. 2025 (arXiv 2502.20766); bytedance/FlexPrefill ops/flex_prefill_attention.py',
    classes: ['per-query'],
    phases: ['prefill'],
    granularity: 'head',
    evicts: false,
    readsQuery: true,
    needs: [],
    budget: null,
    parameters: [
      {
        id: 'gamma',
        name: 'Gamma',
        meaning: 'Share of the attention that what is kept takes up; 1 keeps everything.',
        default: 0.9,
        source: 'README',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: false,
      },
      {
        id: 'tau',
        name: 'Tau',
        meaning: 'Distance under which estimates are trusted, 0 to 0.8326; 0 trusts none.',
        default: 0.1,
        source: 'README',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: false,
      },
      {
        id: 'block',
        name: 'Block',
        meaning: 'Positions of a block, and last rows that are looked at.',
        default: 128,
        source: 'README',
        scaling: { by: 'tokens', least: 8 },
        min: 1,
        max: 4096,
        integer: true,
      },
      {
        id: 'least',
        name: 'Least',
        meaning: 'Keys of the columns, and of the diagonals, that every head keeps.',
        default: 512,
        source: 'README; 1024 in the example of a configuration',
        scaling: { by: 'tokens', least: 8 },
        min: 1,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'most',
        name: 'Most',
        meaning: 'Keys that columns, and diagonals, take at most; 0 = no limit.',
        default: 0,
        source: 'README',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1_000_000,
        integer: true,
      },
    ],
    cost: {
      step: 'none',
      stored: 'nothing',
      once: '2 L H block P d, and 2 L H d (P / block)^2 / 2 for trusted estimates',
    },
    badge: 'exact',
    notes: [
      'Masks by columns and diagonals follow from the last rows of the prompt: they change with what is added to it.',
      'Estimated blocks are kept from the largest on over all rows together, so that early rows with few blocks use up the share first.',
      'A diagonal of blocks covers half of each of the diagonals that it stands for.',
      'Where a block of attention is exactly 0 the published code compares with NaN and falls back to columns and diagonals. Here such a block adds nothing to the distance.',
    ],
  },
  begin: (data, _layer, context) => readsEverything(data, context),
  prefill: async (data, _layer, context) => {
    const { promptLength } = context;
    const { block } = context.parameters;
    const masks: PromptMask[] = [];
    for (let head = 0; head < data.heads; head++) {
      const { kept } = await flexPlan(data, head, context);
      masks.push(maskOfBlocks(data, { promptLength }, block!, kept));
    }
    return masks;
  },
  costs: ({ layers, heads, headDim, promptLength }, { block }) => ({
    ...FREE,
    onceFlops: layers * heads * headDim * (2 * block! * promptLength + (promptLength / block!) ** 2),
  }),
};

/** Why a head is masked as it is. */
export interface FlexPlan {
  readonly branch: 'dense' | 'estimated' | 'lines';
  /** Square root of the Jensen-Shannon divergence, in nats, of estimated and true attention over blocks. */
  readonly distance: number;
  /** Blocks that columns and diagonals keep; those of the least where estimates are trusted. */
  readonly columns: number;
  readonly diagonals: number;
  /** [blocks x blocks], nothing above the diagonal. */
  readonly kept: Uint8Array;
}

export async function flexPlan(
  data: LayerData,
  head: number,
  context: Pick<MethodContext, 'promptLength' | 'parameters' | 'breathe'>,
): Promise<FlexPlan> {
  const { promptLength, parameters, breathe } = context;
  const { gamma, tau, block: size, most } = parameters;
  const blocks = Math.ceil(promptLength / size!);
  const least = Math.min(blocks, Math.ceil(parameters['least']! / size!));
  const everything = { columns: blocks, diagonals: blocks, kept: lowerTriangle(blocks, () => true) };
  if (gamma === 1 || promptLength <= Math.max(2, least) * size!) {
    return { branch: 'dense', distance: 0, ...everything };
  }
  const probe = Math.min(size!, promptLength);
  const sums = await lineSums(data, head, context, size!);
  const columns = sums.columns.map((sum) => sum / probe);
  const diagonals = sums.diagonals.map((sum) => sum / probe);
  const attended = blockSums(columns, size!);
  const means = keyBlockMeans(data, groupOf(data, head), promptLength, size!);
  const estimated = blockProbabilities(data, lastMean(data, head, promptLength, probe), means, blocks - 1);
  const distance = jensenShannon(estimated, attended);
  await breathe();
  const limit = most === 0 ? blocks : Math.max(1, Math.floor(most! / size!));
  const within = (wanted: number) => Math.min(blocks, limit, Math.max(least, wanted));
  const trusted = distance < tau!;
  const counts = {
    columns: trusted ? within(0) : within(blocksFor(columns, gamma!, size!)),
    diagonals: trusted ? within(0) : within(blocksFor(diagonals, gamma!, size!)),
  };
  const kept = keptLines(attended, blockSums(diagonals, size!), counts, blocks);
  if (!trusted) return { branch: 'lines', distance, ...counts, kept };
  const queries = queryBlockMeans(data, head, promptLength, size!);
  keepEstimated(kept, await estimates(data, queries, means, blocks, breathe), gamma! * blocks);
  return { branch: 'estimated', distance, ...counts, kept };
}

/** The largest estimates of all rows together that fit into `share`; the one that would cross it is left out. */
function keepEstimated(kept: Uint8Array, values: Float64Array, share: number): void {
  const order = Array.from(values.keys()).filter((at) => values[at]! > 0);
  order.sort((a, b) => values[b]! - values[a]! || a - b);
  let sum = 0;
  for (const at of order) {
    sum += values[at]!;
    if (sum > share) return;
    kept[at] = 1;
  }
}

/** Softmax over the key blocks of each block of rows, [blocks x blocks]; 0 above the diagonal. */
async function estimates(
  data: LayerData,
  queries: Float64Array,
  means: Float64Array,
  blocks: number,
  breathe: MethodContext['breathe'],
): Promise<Float64Array> {
  const { headDim } = data;
  const values = new Float64Array(blocks * blocks);
  for (let row = 0; row < blocks; row++) {
    const query = queries.subarray(row * headDim, (row + 1) * headDim);
    values.set(blockProbabilities(data, query, means, row), row * blocks);
    await breathe();
  }
  return values;
}

function keptLines(
  columns: Float64Array,
  diagonals: Float64Array,
  counts: Pick<FlexPlan, 'columns' | 'diagonals'>,
  blocks: number,
): Uint8Array {
  const most = (values: Float64Array, count: number) =>
    new Set(largest(Float64Array.from(values).fill(Infinity, 0, 1), count));
  const chosen = { columns: most(columns, counts.columns), diagonals: most(diagonals, counts.diagonals) };
  return lowerTriangle(blocks, (row, column) => chosen.columns.has(column) || chosen.diagonals.has(row - column));
}

function lowerTriangle(blocks: number, keeps: (row: number, column: number) => boolean): Uint8Array {
  const kept = new Uint8Array(blocks * blocks);
  for (let row = 0; row < blocks; row++) {
    for (let column = 0; column <= row; column++) kept[row * blocks + column] = keeps(row, column) ? 1 : 0;
  }
  return kept;
}

/** Blocks that hold as many values as a share of their sum, 1, takes from the largest on, and one more. */
function blocksFor(values: Float64Array, share: number, size: number): number {
  let sum = 0;
  let count = 1;
  for (const value of Float64Array.from(values).sort().reverse()) {
    sum += value;
    if (sum > share) break;
    count++;
  }
  return Math.floor(count / size) + 1;
}

function blockSums(values: Float64Array, size: number): Float64Array {
  const sums = new Float64Array(Math.ceil(values.length / size));
  values.forEach((value, at) => (sums[Math.floor(at / size)]! += value));
  return sums;
}

/** Mean query of the last rows. */
function lastMean({ heads, headDim, q }: LayerData, head: number, end: number, rows: number): Float64Array {
  return Float64Array.from({ length: headDim }, (_, d) => {
    let sum = 0;
    for (let at = end - rows; at < end; at++) sum += q[(at * heads + head) * headDim + d]!;
    return sum / rows;
  });
}

/** Square root of the divergence; 0 log 0 is 0. */
function jensenShannon(one: Float64Array, other: Float64Array): number {
  const part = (p: number, mean: number): number => (p === 0 ? 0 : p * Math.log(p / mean));
  const sum = one.reduce((total, p, at) => {
    const mean = (p + other[at]!) / 2;
    return total + part(p, mean) + part(other[at]!, mean);
  }, 0);
  return Math.sqrt(Math.max(0, sum / 2));
}
