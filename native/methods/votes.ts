/** Votes of the last queries of a prompt for the keys before them (SnapKV), which several methods choose by. */
import { AppError } from '../../shared/base/app-error.ts';
import { joined, largest, range } from './choose.ts';
import { groupOf, type LayerData, type MethodContext } from './method.ts';
import { sumsOfProbabilities } from './rows.ts';

export interface VoteRule {
  /** Last queries of the prompt. */
  readonly window: number;
  /** Width of the pooling; odd. */
  readonly kernel: number;
  readonly pooling: 'average' | 'maximum';
}

/** Reads the parameters `window`, `kernel` and `pooling`. Throws `bad-request` for an even kernel. */
export function voteRule({ window, kernel, pooling }: Readonly<Record<string, number>>): VoteRule {
  if (kernel! % 2 === 0) {
    throw new AppError('bad-request', `The kernel of a pooling cannot be ${kernel!}.`, { hint: 'It is odd: 5, 7.' });
  }
  return { window: window!, kernel: kernel!, pooling: pooling === 1 ? 'maximum' : 'average' };
}

/** Of each query head, the pooled votes for the keys before the window, [promptLength - window]. */
export async function pooledVotes(
  data: LayerData,
  { promptLength, breathe }: Pick<MethodContext, 'promptLength' | 'breathe'>,
  { window, kernel, pooling }: VoteRule,
): Promise<Float64Array[]> {
  const voted = Math.max(0, promptLength - window);
  const all = await sumsOfProbabilities(data, { start: voted, end: promptLength }, voted, breathe);
  return all.map((votes) => pool(votes, kernel, pooling));
}

/** Stride 1, as many values as there were. Averages count what lies past the ends as zeros, as avg_pool1d does. */
export function pool(values: Float64Array, kernel: number, pooling: VoteRule['pooling']): Float64Array {
  const reach = (kernel - 1) / 2;
  return values.map((_, at) => {
    const near = values.subarray(Math.max(0, at - reach), at + reach + 1);
    return pooling === 'maximum' ? near.reduce((a, b) => Math.max(a, b)) : near.reduce((a, b) => a + b, 0) / kernel;
  });
}

/** Mean over the query heads of each KV group. */
export function groupMeans(data: Pick<LayerData, 'heads' | 'kvHeads'>, votes: readonly Float64Array[]): Float64Array[] {
  const size = data.heads / data.kvHeads;
  return Array.from({ length: data.kvHeads }, (_, group) => {
    const own = votes.filter((_votes, head) => groupOf(data, head) === group);
    return own[0]!.map((_, key) => own.reduce((sum, each) => sum + each[key]!, 0) / size);
  });
}

/** The keys with the most votes, and the window. */
export function voted(votes: Float64Array, count: number, promptLength: number): Int32Array {
  return joined(largest(votes, count), range(votes.length, promptLength));
}
