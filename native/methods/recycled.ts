/** Recycled Attention: now and then a step reads everything, and the steps between reuse what it attended to most. */
import { joined, largest, range, rangeView } from './choose.ts';
import { FREE, groupOf, type LayerData, type LayerSelector, type Method, type MethodContext } from './method.ts';
import { passingOver } from './rows.ts';

/** Carried from step to step. */
interface State {
  /** By KV group, ascending: what the next step reads beside its own key. */
  readonly recycled: readonly Int32Array[];
  /** Position of the last step that read everything. */
  readonly full: number;
}

export const recycled: Method = {
  info: {
    id: 'recycled',
    name: 'Recycled Attention',
    definition:
      'A step in every stride reads everything, and each KV group keeps the keys that it attends to most. Steps between read these and their own key, and drop the key that they attend to least. The last row of the prompt is a step of the first kind.',
    source: 'Xu et al. 2024 (arXiv 2411.05787)',
    classes: ['stepwise'],
    phases: ['decode'],
    granularity: 'kv-group',
    evicts: false,
    readsQuery: true,
    needs: [],
    budget: { meaning: 'Keys that are recycled.', default: 4096, source: 'RULER: 4096, with a stride of 50' },
    parameters: [
      {
        id: 'stride',
        name: 'Stride',
        meaning: 'Steps from one that reads everything to the next; 1 = every step does.',
        default: 50,
        source: 'RULER: 50; language modelling: 10 at 16k tokens, 256 at 100k',
        scaling: { by: 'nothing' },
        min: 1,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'trigger',
        name: 'Trigger',
        meaning:
          'Read everything once a stride is over, or where the queries of the layer have turned away from those that last did.',
        default: 0,
        source: 'the paper’s fixed and dynamic variants',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['stride', 'queries'],
      },
      {
        id: 'check',
        name: 'Check',
        meaning: 'Steps from one comparison of queries to the next.',
        default: 5,
        source: 'the paper’s dynamic variant',
        scaling: { by: 'nothing' },
        min: 1,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'similarity',
        name: 'Similarity',
        meaning: 'Cosine of the queries, mean over heads, under which a comparison reads everything.',
        default: 0.8,
        source: 'the paper’s dynamic variant',
        scaling: { by: 'nothing' },
        min: -1,
        max: 1,
        integer: false,
      },
      {
        id: 'merge',
        name: 'Merge',
        meaning: 'Attention of a KV group: the largest or the mean of its query heads.',
        default: 0,
        source: 'ours; the paper leaves it open',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['largest', 'mean'],
      },
    ],
    cost: { step: 'a selection of scores that are there anyway', stored: 'a second cache of K keys', once: 'none' },
    badge: 'exact',
    notes: [
      'Keys that come between two full steps stay only while they are attended to.',
      'Queries are compared after rotation, so that their cosine falls with the distance alone.',
    ],
  },
  begin: (data, _layer, context) => {
    const last = context.promptLength - 1;
    return Promise.resolve(selector(data, context, { recycled: attendedMost(data, last, context), full: last }));
  },
  // The second cache holds keys and values.
  costs: ({ layers, heads, kvHeads, headDim, tokens, budget, bytes, read }) => ({
    ...FREE,
    stepFlops: layers * heads * read,
    storedBytes: 2 * layers * kvHeads * Math.min(tokens, budget!) * headDim * bytes,
  }),
};

function selector(data: LayerData, context: MethodContext, initial: State): LayerSelector {
  let state = initial;
  const prompt = range(0, context.promptLength);
  return {
    held: () => prompt,
    step: async (query) => {
      await context.breathe();
      if (readsAll(data, query, state.full, context)) {
        state = { recycled: attendedMost(data, query, context), full: query };
        const all = rangeView(0, query + 1);
        return Array.from({ length: data.heads }, () => all);
      }
      const reads = state.recycled.map((keys) => joined(keys, Int32Array.of(query)));
      state = { ...state, recycled: reads.map((keys, group) => mostOf(data, group, query, keys, context)) };
      return Array.from({ length: data.heads }, (_, head) => reads[groupOf(data, head)]!);
    },
    fork: () => selector(data, context, state),
  };
}

function readsAll(data: LayerData, query: number, full: number, { promptLength, parameters }: MethodContext): boolean {
  if (parameters['trigger'] === 0) return query - full === parameters['stride'];
  const steps = query - promptLength + 1;
  return steps % parameters['check']! === 0 && meanCosine(data, query, full) < parameters['similarity']!;
}

function attendedMost(data: LayerData, query: number, context: MethodContext): Int32Array[] {
  const all = rangeView(0, query + 1);
  return Array.from({ length: data.kvHeads }, (_, group) => mostOf(data, group, query, all, context));
}

/** Of some keys, those that the query heads of a group attend to most. */
function mostOf(
  data: LayerData,
  group: number,
  query: number,
  keys: Int32Array,
  { budget, parameters }: MethodContext,
): Int32Array {
  if (keys.length <= budget!) return keys;
  const merged = new Float64Array(keys.length);
  const size = data.heads / data.kvHeads;
  const rows = passingOver(data, { start: group * size, end: (group + 1) * size }, query, keys);
  for (let at = 0; at < rows.length;) {
    if (parameters['merge'] === 0)
      for (let i = 0; i < merged.length; i++) merged[i] = Math.max(merged[i]!, rows[at++]!);
    else for (let i = 0; i < merged.length; i++) merged[i]! += rows[at++]!;
  }
  return largest(merged, budget!).map((at) => keys[at]!);
}

/** Between the queries of two positions, over heads. */
function meanCosine({ heads, headDim, q }: LayerData, one: number, other: number): number {
  let sum = 0;
  for (let head = 0; head < heads; head++) {
    const a = (one * heads + head) * headDim;
    const b = (other * heads + head) * headDim;
    let dot = 0;
    let lengthA = 0;
    let lengthB = 0;
    for (let d = 0; d < headDim; d++) {
      dot += q[a + d]! * q[b + d]!;
      lengthA += q[a + d]! ** 2;
      lengthB += q[b + d]! ** 2;
    }
    const lengths = Math.sqrt(lengthA * lengthB);
    sum += lengths === 0 ? 0 : dot / lengths;
  }
  return sum / heads;
}
