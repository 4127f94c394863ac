/** RazorAttention: retrieval heads keep everything, of what others drop one key remains. */
import { rangeView } from './choose.ts';
import { standInGates } from './duo.ts';
import { FREE, groupOf, type ExtraKey, type LayerData, type Method, type MethodContext } from './method.ts';
import { keyStart } from './key-scores.ts';
import { sinkAndWindow } from './sink-window.ts';

const FULL = 'retrieval groups';

const share = { scaling: { by: 'nothing' }, min: 0, max: 1, integer: false } as const;

export const razor: Method = {
  info: {
    id: 'razor',
    name: 'RazorAttention',
    definition:
      'KV groups with an induction or echo head keep everything. The others keep sink and window, and one more key and value in place of all those that they dropped: their means, counted as often as there are dropped keys.',
    source:
      'Tang et al. 2024 (arXiv 2407.15891); shares and maxima over groups as Huawei msModelSlim, RA compression analysis',
    classes: ['static', 'modifying'],
    phases: ['decode'],
    granularity: 'kv-group',
    evicts: true,
    readsQuery: false,
    needs: ['probe'],
    budget: {
      meaning: 'Sink and window of groups that are compressed, in place of the share of the prompt.',
      default: null,
      source: 'sink and window say it',
    },
    parameters: [
      {
        ...share,
        id: 'induction',
        name: 'Induction share',
        meaning: 'KV groups that keep everything for their induction, over the whole model; rounded.',
        default: 0.14,
        source: 'msModelSlim',
      },
      {
        ...share,
        id: 'echo',
        name: 'Echo share',
        meaning: 'KV groups that keep everything for their echo, over the whole model; rounded.',
        default: 0.01,
        source: 'msModelSlim',
      },
      {
        id: 'sink',
        name: 'Sink',
        meaning: 'First keys of a compressed group.',
        default: 4,
        source: 'N0 of algorithm 1; its value was not verified',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'window',
        name: 'Window',
        meaning: 'Last keys of a compressed group, the query’s own included: at least these.',
        default: 4000,
        source: 'S0 of algorithm 1; its value was not verified',
        scaling: { by: 'tokens', least: 4 },
        fromBudget: true,
        min: 1,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'divisor',
        name: 'Divisor',
        meaning: 'The window is no less than the prompt divided by it; 0 = the window as it is.',
        default: 5,
        source: 'C of algorithm 1; its value was not verified',
        scaling: { by: 'nothing' },
        fromBudget: true,
        min: 0,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'compensation',
        name: 'Compensation',
        meaning: 'Whether dropped keys leave their mean.',
        default: 1,
        source: 'algorithm 1; without it as an ablation of the paper',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['no', 'yes'],
      },
    ],
    cost: {
      step: '2 H d for each compressed layer',
      stored: 'a key and a value for each compressed group',
      once: 'none; heads are probed before',
    },
    badge: 'exact',
    notes: [
      'Without probe scores a stand-in ranks the groups: the mass that the last 64 rows of the prompt lose under sink and window, mean over the heads of a group.',
      'The one key has less mass than what it stands for: the exponential of a mean is at most the mean of exponentials.',
      'Means of rotated keys blur the dimensions that turn fast.',
    ],
  },
  fromBudget: (keys, { sink }) => ({ window: keys - sink!, divisor: 0 }),
  prepare: async (layers, context) => {
    const { induction, echo } = context.parameters;
    const scores: { readonly name: string; readonly induction: number; readonly echo: number }[] = [];
    for (const layer of layers.indices) {
      const own = await scoresOf(await layers.read(layer), context);
      own.induction.forEach((value, group) =>
        scores.push({ name: nameOf(layer, group), induction: value, echo: own.echo[group]! }),
      );
    }
    const most = (by: 'induction' | 'echo', part: number): readonly string[] =>
      // Sorting is stable: of equal scores the first in the model come first.
      [...scores]
        .sort((a, b) => b[by] - a[by])
        .slice(0, Math.round(part * scores.length))
        .map(({ name }) => name);
    context.shared.set(FULL, new Set([...most('induction', induction!), ...most('echo', echo!)]));
  },
  begin: (data, layer, context) => {
    const { promptLength, parameters, shared, breathe } = context;
    const full = shared.get(FULL) as ReadonlySet<string>;
    const window = windowOf(context);
    const isFull = Array.from({ length: data.heads }, (_, head) => full.has(nameOf(layer, groupOf(data, head))));
    const keysOf = (all: boolean, query: number) =>
      all ? rangeView(0, query + 1) : sinkAndWindow(parameters['sink']!, window, query);
    const dropped = new DroppedKeys(data, parameters['sink']!);
    return Promise.resolve({
      held: (head) => keysOf(isFull[head]!, promptLength - 1),
      step: (query) => {
        const [all, few] = [keysOf(true, query), keysOf(false, query)];
        return Promise.resolve(isFull.map((full) => (full ? all : few)));
      },
      changed: async (query) => {
        dropped.upTo(query - window + 1);
        await breathe();
        const extra = (head: number) =>
          parameters['compensation'] === 0 || isFull[head] ? null : dropped.mean(groupOf(data, head));
        return {
          k: data.k,
          v: data.v,
          renewed: [],
          extra: Array.from({ length: data.heads }, (_, head) => extra(head)),
        };
      },
    });
  },
  costs: ({ layers, heads, kvHeads, headDim, bytes }, { induction, compensation }) => {
    const compressed = compensation === 0 ? 0 : layers * (1 - induction!);
    const pair = 2 * compressed * kvHeads * headDim * bytes;
    return { ...FREE, stepFlops: 2 * compressed * heads * headDim, stepBytes: pair, storedBytes: pair };
  },
};

const nameOf = (layer: number, group: number) => `${layer} ${group}`;

function windowOf({ promptLength, parameters }: Pick<MethodContext, 'promptLength' | 'parameters'>): number {
  const { window, divisor } = parameters;
  return divisor === 0 ? window! : Math.max(window!, Math.floor(promptLength / divisor!));
}

/** Of the KV groups. */
async function scoresOf(
  data: LayerData,
  context: MethodContext,
): Promise<{ readonly induction: readonly number[]; readonly echo: readonly number[] }> {
  const { probe } = data;
  if (probe !== undefined)
    return { induction: largestOfGroups(data, probe.induction), echo: largestOfGroups(data, probe.echo) };
  const { sink } = context.parameters;
  const lost = await standInGates(data, { ...context, parameters: { sink: sink!, window: windowOf(context) } });
  return { induction: lost, echo: lost };
}

function largestOfGroups(data: LayerData, scores: Float32Array): number[] {
  const most = new Array<number>(data.kvHeads).fill(-Infinity);
  scores.forEach((score, head) => (most[groupOf(data, head)] = Math.max(most[groupOf(data, head)]!, score)));
  return most;
}

/** Running sums of the keys and values from the sink on that have left the window. */
class DroppedKeys {
  readonly #data: LayerData;
  readonly #sink: number;
  readonly #keys: Float64Array;
  readonly #values: Float64Array;
  #end: number;

  constructor(data: LayerData, sink: number) {
    this.#data = data;
    this.#sink = sink;
    this.#end = sink;
    this.#keys = new Float64Array(data.kvHeads * data.headDim);
    this.#values = new Float64Array(data.kvHeads * data.headDim);
  }

  upTo(end: number): void {
    const { k, v } = this.#data;
    const width = this.#keys.length;
    for (; this.#end < end; this.#end++) {
      const at = keyStart(this.#data, 0, this.#end);
      for (let d = 0; d < width; d++) {
        this.#keys[d]! += k[at + d]!;
        this.#values[d]! += v[at + d]!;
      }
    }
  }

  mean(group: number): ExtraKey | null {
    const count = this.#end - this.#sink;
    if (count === 0) return null;
    const { headDim } = this.#data;
    const own = (sums: Float64Array) => sums.slice(group * headDim, (group + 1) * headDim).map((sum) => sum / count);
    return { key: own(this.#keys), value: own(this.#values), count };
  }
}
