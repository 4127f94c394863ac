/** ZipCache: keys and values in few bits, fewer for those that are attended to less. */
import { createPrng } from '../../shared/base/prng.ts';
import { CacheCopy } from './cache-copy.ts';
import { largest, range, rangeView } from './choose.ts';
import { FREE, groupOf, type LayerData, type Method, type MethodContext } from './method.ts';
import { byPosition } from './one-shot.ts';
import { Quantiser } from './quantise.ts';
import { addProbabilities } from './rows.ts';

/** A scale and a zero in half precision. */
const PAIR_BITS = 32;

const fraction = { scaling: { by: 'nothing' }, min: 0, max: 1, integer: false } as const;
const bits = { scaling: { by: 'nothing' }, min: 1, max: 16, integer: true } as const;

export const zipcache: Method = {
  info: {
    id: 'zipcache',
    name: 'ZipCache',
    definition:
      'Nothing is dropped. Probe rows of the prompt say how much attention each key gets; each KV group keeps the salient keys and their values in 4 bits, the others in 2. What comes after the prompt is put into bits in batches, judged by the query at their end.',
    source:
      'He et al. 2024 (arXiv 2405.14256); ThisisBillhe/ZipCache zipcache_generation_demo.py, zipcache/models/modeling_llama.py',
    classes: ['modifying'],
    phases: ['decode'],
    granularity: 'kv-group',
    evicts: false,
    readsQuery: false,
    needs: [],
    budget: null,
    parameters: [
      {
        ...fraction,
        id: 'unimportant',
        name: 'Unimportant',
        meaning: 'Share of the keys of a KV group that get fewer bits; of equal ones the last.',
        default: 0.4,
        source: 'zipcache_generation_demo.py',
      },
      { ...bits, id: 'low', name: 'Low', meaning: 'Their bits.', default: 2, source: 'zipcache_generation_demo.py' },
      {
        ...bits,
        id: 'high',
        name: 'High',
        meaning: 'Bits of the others.',
        default: 4,
        source: 'zipcache_generation_demo.py',
      },
      {
        ...fraction,
        id: 'recent',
        name: 'Recent probes',
        meaning: 'Last rows of the prompt that are probes, as a share; at least one row.',
        default: 0.05,
        source: 'zipcache/models/modeling_llama.py',
      },
      {
        ...fraction,
        id: 'random',
        name: 'Random probes',
        meaning: 'Rows before them, drawn at random, as a share of the prompt.',
        default: 0.05,
        source: 'zipcache/models/modeling_llama.py',
      },
      {
        id: 'normalise',
        name: 'Normalise',
        meaning:
          'Divide the attention that a key gets by the number of rows after it, as the code does, or by the number of probes that see it.',
        default: 0,
        source: 'zipcache/models/modeling_llama.py',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['rows', 'probes'],
      },
      {
        id: 'gap',
        name: 'Gap',
        meaning: 'Tokens of a batch after the prompt; until it is full they stay as they are.',
        default: 100,
        source: 'zipcache_generation_demo.py: streaming_gap',
        scaling: { by: 'tokens', least: 4 },
        min: 1,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'seed',
        name: 'Seed',
        meaning: 'The same seed draws the same probes.',
        default: 0,
        source: 'ours',
        scaling: { by: 'nothing' },
        min: 0,
        max: 2 ** 32 - 1,
        integer: true,
      },
    ],
    cost: {
      step: '4 L G n d to read bits back',
      stored: 'two numbers of 2 bytes for each channel of keys and each token of values, by class of saliency',
      once: '2 L H probes P d',
    },
    badge: 'exact',
    notes: [
      'Of the last keys few probes see any, and yet few rows come after them: the default makes them look salient.',
      'A token shares the range of its values over the KV groups in which it has the same bits. The code sorts tokens by saliency in each group first, so that ranges are shared by different tokens.',
      'Rows of the prompt attend to keys and values as they were.',
    ],
  },
  begin: async (data, layer, context) => {
    const cache = new ZipCache(data, context);
    await cache.reducePrompt(layer);
    return {
      ...byPosition(data, context, (query) => rangeView(0, query + 1)),
      changed: (query) => cache.upTo(query),
    };
  },
  costs: ({ layers, heads, kvHeads, headDim, tokens, promptLength, bytes }, given) => {
    const reduced = promptLength + Math.floor((tokens - promptLength) / given['gap']!) * given['gap']!;
    const mean = given['unimportant']! * given['low']! + (1 - given['unimportant']!) * given['high']!;
    const pairs = PAIR_BITS / (kvHeads * headDim) + (2 * PAIR_BITS) / reduced;
    const probes = promptLength * Math.min(1, given['recent']! + given['random']!);
    return {
      ...FREE,
      stepFlops: 4 * layers * kvHeads * tokens * headDim,
      onceFlops: 2 * layers * heads * probes * promptLength * headDim,
      cacheBytes: (reduced * (mean + pairs / 2)) / 8 / tokens + ((tokens - reduced) * bytes) / tokens,
    };
  },
};

/** Rows of the prompt that saliency is judged by, ascending. */
export function probeRows(
  promptLength: number,
  { recent, random, seed }: MethodContext['parameters'],
  layer: number,
): readonly number[] {
  const last = Math.min(promptLength, Math.max(1, Math.floor(recent! * promptLength)));
  const before = createPrng(seed!, layer).shuffle([...range(0, promptLength - last)]);
  const drawn = before.slice(0, Math.floor(random! * promptLength)).sort((a, b) => a - b);
  return [...drawn, ...range(promptLength - last, promptLength)];
}

/** Attention that each key of a prompt gets of the probes, by KV group: sums over its heads, then normalised. */
export async function saliency(
  data: LayerData,
  rows: readonly number[],
  { promptLength, parameters, breathe }: Pick<MethodContext, 'promptLength' | 'parameters' | 'breathe'>,
): Promise<Float64Array[]> {
  const sums = Array.from({ length: data.kvHeads }, () => new Float64Array(promptLength));
  for (const row of rows) {
    for (let head = 0; head < data.heads; head++) addProbabilities(data, head, row, sums[groupOf(data, head)]!);
    await breathe();
  }
  const divisors = Float64Array.from({ length: promptLength }, (_, key) =>
    parameters['normalise'] === 0 ? promptLength - key : Math.max(1, rows.filter((row) => row >= key).length),
  );
  return sums.map((sum) => sum.map((value, key) => value / divisors[key]!));
}

/** Keys and values as they are read back. */
class ZipCache {
  readonly #data: LayerData;
  readonly #context: MethodContext;
  readonly #copy: CacheCopy;
  #reduced = 0;

  constructor(data: LayerData, context: MethodContext) {
    this.#data = data;
    this.#context = context;
    this.#copy = new CacheCopy(data);
    this.#copy.upTo(context.promptLength);
  }

  async reducePrompt(layer: number): Promise<void> {
    const { promptLength, parameters } = this.#context;
    const rows = probeRows(promptLength, parameters, layer);
    await this.#reduce(await saliency(this.#data, rows, this.#context));
  }

  /** With the `tokens` first positions in it, and the next one as it is. */
  async upTo(tokens: number) {
    this.#copy.upTo(tokens + 1);
    const gap = this.#context.parameters['gap']!;
    while (this.#reduced + gap <= tokens) {
      const end = this.#reduced + gap;
      const seen = { ...this.#data, k: this.#copy.k };
      const sums = Array.from({ length: this.#data.kvHeads }, () => new Float64Array(end));
      for (let head = 0; head < this.#data.heads; head++) {
        addProbabilities(seen, head, end - 1, sums[groupOf(this.#data, head)]!);
      }
      await this.#reduce(sums.map((sum) => sum.subarray(this.#reduced)));
    }
    return this.#copy.state();
  }

  /** The next positions, as many as there are scores of each KV group. */
  async #reduce(scores: readonly Float64Array[]): Promise<void> {
    const count = scores[0]!.length;
    const few = Math.floor(this.#context.parameters['unimportant']! * count);
    const salient = scores.map((own) => marked(largest(own, count - few), count));
    this.#reduceKeys(salient);
    await this.#context.breathe();
    this.#reduceValues(count, salient);
    await this.#context.breathe();
    this.#copy.renew(this.#reduced, this.#reduced + count);
    this.#reduced += count;
  }

  /** Each channel over the tokens of one class. `salient`: of each KV group, by token. */
  #reduceKeys(salient: readonly Uint8Array[]): void {
    const { kvHeads, headDim } = this.#data;
    const width = kvHeads * headDim;
    for (let channel = 0; channel < width; channel++) {
      const first = this.#reduced * width + channel;
      this.#inClasses(this.#copy.k, first, width, salient[Math.floor(channel / headDim)]!);
    }
  }

  /** Channels divided by the square root of their largest value, then each token over its channels of one class. */
  #reduceValues(count: number, salient: readonly Uint8Array[]): void {
    const { kvHeads, headDim } = this.#data;
    const width = kvHeads * headDim;
    const start = this.#reduced * width;
    const part = this.#copy.v.subarray(start, start + count * width);
    const scales = new Float64Array(width);
    const even = new Float64Array(part.length);
    for (let channel = 0; channel < width; channel++) {
      let most = 0;
      for (let at = channel; at < part.length; at += width) most = Math.max(most, Math.abs(part[at]!));
      const scale = most === 0 ? 1 : Math.sqrt(most);
      scales[channel] = scale;
      for (let at = channel; at < part.length; at += width) even[at] = part[at]! / scale;
    }
    const ofChannels = new Uint8Array(width);
    for (let token = 0; token < count; token++) {
      salient.forEach((own, group) => ofChannels.fill(own[token]!, group * headDim, (group + 1) * headDim));
      this.#inClasses(even, token * width, 1, ofChannels);
    }
    for (let at = 0; at < part.length; at++) part[at] = even[at]! * scales[at % width]!;
  }

  /** Of numbers from `first` on, every `stride`-th, those of one class share a range; as many as there are marks. */
  #inClasses(values: Float32Array | Float64Array, first: number, stride: number, salient: Uint8Array): void {
    const { low, high } = this.#context.parameters;
    const more = new Quantiser(high!);
    const fewer = low === high ? more : new Quantiser(low!);
    for (let i = 0, at = first; i < salient.length; i++, at += stride) {
      (salient[i] === 1 ? more : fewer).see(values[at]!);
    }
    for (let i = 0, at = first; i < salient.length; i++, at += stride) {
      values[at] = (salient[i] === 1 ? more : fewer).back(values[at]!);
    }
  }
}

function marked(indices: Int32Array, count: number): Uint8Array {
  const marks = new Uint8Array(count);
  for (const at of indices) marks[at] = 1;
  return marks;
}
