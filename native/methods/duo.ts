/** DuoAttention: some KV groups keep everything, the others sink and window. */
import type { MethodParameter } from '../../shared/model/method.ts';
import { rangeView } from './choose.ts';
import {
  firstVisible,
  FREE,
  groupOf,
  type LayerData,
  type LayerSource,
  type Method,
  type MethodContext,
} from './method.ts';
import { visitProbabilities } from './rows.ts';
import { sinkAndWindow } from './sink-window.ts';

const FULL = 'full groups';
/** Rows at the end of the prompt that the stand-in for gates is taken of. */
const PROBED_ROWS = 64;

const LENGTH = { scaling: { by: 'tokens', least: 4 }, max: 1_000_000, integer: true } as const;
const parameters: readonly MethodParameter[] = [
  {
    id: 'sparsity',
    name: 'Sparsity',
    meaning: 'Share of KV groups that stream: those with the smallest gates, of equal ones the later in the model.',
    default: 0.5,
    source: 'scripts/niah.sh for Llama-3; 0.75 for Llama-2, which has no groups',
    scaling: { by: 'nothing' },
    min: 0,
    max: 1,
    integer: false,
  },
  {
    ...LENGTH,
    id: 'sink',
    name: 'Sink',
    meaning: 'First keys of a streaming group.',
    default: 64,
    source: 'scripts/longbench.sh, niah.sh',
    min: 0,
  },
  {
    ...LENGTH,
    id: 'window',
    name: 'Window',
    meaning: 'Last keys of a streaming group, the query’s own included.',
    default: 256,
    source: 'scripts/longbench.sh, niah.sh',
    fromBudget: true,
    min: 1,
  },
  {
    id: 'cache',
    name: 'Cache',
    meaning: 'Sink and window as the mask of the training has them, or as deployed, where a step reads one key more.',
    default: 0,
    source: 'duo_attn/patch',
    scaling: { by: 'nothing' },
    min: 0,
    max: 1,
    integer: true,
    choices: ['as trained', 'as deployed'],
  },
];

export const duo: Method = {
  info: {
    id: 'duo',
    name: 'DuoAttention',
    definition:
      'A learned gate for each KV group ranks them over the whole model: the larger gates keep everything, the rest reads sink and window.',
    source: 'Xiao et al. 2024 (arXiv 2410.10819); mit-han-lab/duo-attention',
    classes: ['static'],
    phases: ['decode'],
    granularity: 'kv-group',
    evicts: true,
    readsQuery: false,
    needs: ['gates'],
    budget: { meaning: 'Sink and window of streaming groups.', default: 320, source: 'scripts/longbench.sh: 64 + 256' },
    parameters,
    cost: { step: 'none', stored: 'nothing', once: 'none; gates are trained before' },
    badge: 'exact',
    notes: [
      'Without learned gates a stand-in ranks the groups: the mass that the last 64 rows of the prompt lose under sink and window, mean over the heads of a group.',
    ],
  },
  fromBudget: (keys, { sink }) => ({ window: keys - sink! }),
  prepare: async (layers, context) => {
    const gates: (readonly number[])[] = [];
    for (const layer of layers.indices) gates.push(await gatesOf(await layers.read(layer), context));
    context.shared.set(FULL, fullGroups(gates, context.parameters['sparsity']!, layers));
  },
  begin: (data, layer, { promptLength, parameters: { sink, window, cache }, shared }) => {
    const full = shared.get(FULL) as ReadonlySet<string>;
    const isFull = Array.from({ length: data.heads }, (_, head) => full.has(nameOf(layer, groupOf(data, head))));
    const keysOf = (all: boolean, query: number) =>
      all ? rangeView(0, query + 1) : sinkAndWindow(sink!, window! + cache!, query);
    return Promise.resolve({
      held: (head) => keysOf(isFull[head]!, promptLength - 1),
      step: (query) => {
        const [all, few] = [keysOf(true, query), keysOf(false, query)];
        return Promise.resolve(isFull.map((full) => (full ? all : few)));
      },
    });
  },
  costs: () => FREE,
};

const nameOf = (layer: number, group: number) => `${layer} ${group}`;

/** At or above the quantile `sparsity` of all gates. `gates`: by layer and group. */
export function fullGroups(
  gates: readonly (readonly number[])[],
  sparsity: number,
  { indices }: Pick<LayerSource, 'indices'>,
): ReadonlySet<string> {
  const all = gates.flatMap((groups, at) => groups.map((gate, group) => ({ gate, name: nameOf(indices[at]!, group) })));
  // Sorting is stable: of equal gates the first in the model come first.
  const ranked = all.sort((a, b) => b.gate - a.gate);
  const full = ranked.length - Math.ceil(sparsity * (ranked.length - 1));
  return new Set(ranked.slice(0, full).map(({ name }) => name));
}

async function gatesOf(data: LayerData, context: MethodContext): Promise<readonly number[]> {
  return data.gates === undefined ? await standInGates(data, context) : [...data.gates];
}

/** Of the KV groups, the mass that the last rows of the prompt lose under the parameters `sink` and `window`, summed. */
export async function standInGates(
  data: LayerData,
  { promptLength, parameters: given, breathe }: Pick<MethodContext, 'promptLength' | 'parameters' | 'breathe'>,
): Promise<number[]> {
  const lost = new Array<number>(data.kvHeads).fill(0);
  const queries = { start: Math.max(0, promptLength - PROBED_ROWS), end: promptLength };
  for (let head = 0; head < data.heads; head++) {
    await visitProbabilities(data, head, queries, breathe, (row, query) => {
      let sum = lost[groupOf(data, head)]!;
      const end = query - given['window']!;
      for (let key = Math.max(given['sink']!, firstVisible(data, query)); key <= end; key++) sum += row[key]!;
      lost[groupOf(data, head)] = sum;
    });
  }
  return lost;
}
