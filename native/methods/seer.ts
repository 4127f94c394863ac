/** SeerAttention's choice of blocks, by the attention that its gate is trained to predict. */
import { AppError } from '../../shared/base/app-error.ts';
import { largest } from './choose.ts';
import { FREE, type LayerData, type Method, type MethodContext, type PromptMask } from './method.ts';
import { maskOfBlocks, readsEverything } from './prefill-masks.ts';
import { visitProbabilities } from './rows.ts';

/** Numbers of blocks x blocks. */
const MOST_CELLS = 2 ** 26;

export const seer: Method = {
  info: {
    id: 'seer',
    name: 'SeerAttention (oracle gate)',
    definition:
      'A gate predicts the largest attention in each block of queries and keys, and rows of blocks keep the blocks with the most. Here the true attention takes the place of the gate: the best that any gate could do.',
    source:
      'Gao et al. 2024 (arXiv 2410.13276); microsoft/SeerAttention prefill_sparse/attn_gate.py, kernels/attn_pooling_kernel_2d.py',
    classes: ['per-query'],
    phases: ['prefill'],
    granularity: 'head',
    evicts: false,
    readsQuery: true,
    needs: [],
    budget: null,
    parameters: [
      {
        id: 'block',
        name: 'Block',
        meaning: 'Positions of a block.',
        default: 64,
        source: 'configuration of the gates',
        scaling: { by: 'tokens', least: 2 },
        min: 1,
        max: 4096,
        integer: true,
      },
      {
        id: 'pooling',
        name: 'Pooling',
        meaning:
          'What a block counts: its largest probability, as gates are trained, or their sum, which keeps the most mass.',
        default: 0,
        source: 'kernels/attn_pooling_kernel_2d.py',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['largest', 'sum'],
      },
      {
        id: 'rule',
        name: 'Rule',
        meaning: 'A row of blocks keeps as many as a share says, or those over a threshold.',
        default: 0,
        source: 'prefill_sparse/attn_gate.py has both',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['share', 'threshold'],
      },
      {
        id: 'share',
        name: 'Share',
        meaning: 'Of all blocks of the causal triangle; 1 keeps all.',
        default: 0.1,
        source: 'the paper’s 90 % sparsity at 32k tokens',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: false,
      },
      {
        id: 'threshold',
        name: 'Threshold',
        meaning: 'What the share of a block in its row of blocks has to exceed.',
        default: 0.002,
        source: 'prefill_sparse documentation; README: 0.0005 to 0.005',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: false,
      },
      {
        id: 'dense-rows',
        name: 'Dense rows',
        meaning: 'Last rows of blocks, which keep everything.',
        default: 2,
        source: 'last_block_dense',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1_000_000,
        integer: true,
      },
    ],
    cost: {
      step: 'none',
      stored: 'nothing',
      once: '2 L H (P / block)^2 gate / 2 for a gate; the oracle takes the whole map',
    },
    badge: 'oracle',
    notes: [
      'Reads the true attention, later rows of the same block included: no gate sees that.',
      'A row of blocks over whose threshold nothing lies keeps its own block.',
      'The largest probability says nothing of how many strong keys a block has.',
    ],
  },
  begin: (data, _layer, context) => readsEverything(data, context),
  prefill: async (data, _layer, context) => {
    const { block } = context.parameters;
    const masks: PromptMask[] = [];
    for (let head = 0; head < data.heads; head++) {
      const kept = keptBlocks(await pooledRows(data, head, context), context.parameters);
      masks.push(maskOfBlocks(data, context, block!, kept));
    }
    return masks;
  },
  // A gate of 128 dimensions, as the configurations have it.
  costs: ({ layers, heads, promptLength }, { block }) => ({
    ...FREE,
    onceFlops: 128 * layers * heads * (promptLength / block!) ** 2,
  }),
};

/**
 * Attention of the prompt over blocks: row by row the largest probability of each, or their sum, as shares of the row of
 * blocks. The length of row i is i + 1.
 *
 * @throws AppError `too-large`
 */
export async function pooledRows(
  data: LayerData,
  head: number,
  { promptLength, parameters, breathe }: Pick<MethodContext, 'promptLength' | 'parameters' | 'breathe'>,
): Promise<Float64Array[]> {
  const { block, pooling } = parameters;
  const blocks = Math.ceil(promptLength / block!);
  if (blocks * blocks > MOST_CELLS) {
    throw new AppError('too-large', `${promptLength} tokens in blocks of ${block!} are too many blocks.`, {
      hint: 'Take larger blocks.',
    });
  }
  const rows = Array.from({ length: blocks }, (_, row) => new Float64Array(row + 1));
  await visitProbabilities(data, head, { start: 0, end: promptLength }, breathe, (row, query) => {
    pool(row, block!, pooling === 1, rows[Math.floor(query / block!)]!);
  });
  return rows.map((own) => {
    const sum = own.reduce((a, b) => a + b);
    return own.map((value) => value / sum);
  });
}

/** Adds a row to the largest values or the sums of its blocks. */
function pool(row: Float64Array, block: number, sums: boolean, into: Float64Array): void {
  for (let start = 0, at = 0; start < row.length; start += block, at++) {
    const end = Math.min(row.length, start + block);
    let value = into[at]!;
    if (sums) for (let key = start; key < end; key++) value += row[key]!;
    else for (let key = start; key < end; key++) if (row[key]! > value) value = row[key]!;
    into[at] = value;
  }
}

/** [blocks x blocks], nothing above the diagonal. */
export function keptBlocks(rows: readonly Float64Array[], parameters: Readonly<Record<string, number>>): Uint8Array {
  const { rule, share, threshold } = parameters;
  const blocks = rows.length;
  const count = Math.max(1, Math.floor((1 - Math.sqrt(1 - share!)) * blocks));
  const kept = new Uint8Array(blocks * blocks);
  rows.forEach((own, row) => {
    const start = row * blocks;
    if (row >= blocks - parameters['dense-rows']!) kept.fill(1, start, start + row + 1);
    else if (rule === 0) for (const at of largest(own, count)) kept[start + at] = 1;
    else {
      own.forEach((value, at) => (kept[start + at] = value > threshold! ? 1 : 0));
      if (!kept.subarray(start, start + blocks).includes(1)) kept[start + row] = 1;
    }
  });
  return kept;
}
