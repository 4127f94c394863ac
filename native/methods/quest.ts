/** Quest: pages whose bounds promise the largest score. */
import { joined, largest, range } from './choose.ts';
import { groupOf, type LayerData, type Method } from './method.ts';

export const quest: Method = {
  info: {
    id: 'quest',
    name: 'Quest',
    definition:
      'Each page of keys keeps the smallest and the largest value of every channel, which bound the score of any key in it. A query head reads the pages with the largest bounds, whole; nothing is evicted.',
    source: 'Tang et al. 2024 (arXiv 2406.10774); mit-han-lab/Quest evaluation/quest_attention.py',
    classes: ['per-query'],
    phases: ['decode'],
    granularity: 'head',
    evicts: false,
    readsQuery: true,
    needs: [],
    budget: {
      meaning: 'Keys of the pages read at each step; floor(budget / page) pages.',
      default: 1024,
      source: 'scripts/longbench.sh: 512, 1024, 2048, 4096',
    },
    parameters: [
      {
        id: 'page',
        name: 'Page',
        meaning: 'Keys of a page.',
        default: 16,
        source: 'quest/utils/controller.py',
        scaling: { by: 'tokens', least: 4 },
        min: 1,
        max: 4096,
        integer: true,
      },
      {
        id: 'dense-layers',
        name: 'Dense layers',
        meaning: 'First layers, which read everything.',
        default: 2,
        source: 'evaluation/quest_attention.py',
        scaling: { by: 'layers', layers: 32 },
        min: 0,
        max: 1000,
        integer: true,
      },
      {
        id: 'least-pages',
        name: 'Least pages',
        meaning: 'Pages that are read whatever the budget.',
        default: 3,
        source: 'evaluation/quest_attention.py',
        scaling: { by: 'nothing' },
        min: 1,
        max: 1000,
        integer: true,
      },
      {
        id: 'newest',
        name: 'Newest page',
        meaning: 'Read by its bound, as in the evaluation code, or always, as in the kernels.',
        default: 0,
        source: 'evaluation/quest_attention.py; quest/utils/controller.py',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['by its bound', 'always'],
      },
    ],
    cost: { step: '4 L H (n / page) d', stored: '2 L G (n / page) d numbers', once: 'n d comparisons' },
    badge: 'exact',
    notes: [
      'Query heads of a KV group choose their own pages: what a group reads from memory is the union.',
      'Bounds are loose for pages of unlike keys, after rotation more so the larger the page.',
    ],
  },
  begin: (data, layer, { promptLength, parameters, budget, breathe }) => {
    const prompt = range(0, promptLength);
    const { page, newest } = parameters;
    const bounds = new PageBounds(data, page!);
    const isDense = layer < parameters['dense-layers']!;
    return Promise.resolve({
      held: () => prompt,
      step: async (query) => {
        const pages = Math.ceil((query + 1) / page!);
        const count = Math.min(pages, Math.max(parameters['least-pages']!, Math.floor(budget! / page!)));
        if (isDense || count === pages || budget! > query) {
          const all = range(0, query + 1);
          return Array.from({ length: data.heads }, () => all);
        }
        const reads: Int32Array[] = [];
        for (let head = 0; head < data.heads; head++) {
          const scores = bounds.of(head, query);
          const chosen =
            newest === 1
              ? joined(largest(scores.subarray(0, pages - 1), count - 1), Int32Array.of(pages - 1))
              : largest(scores, count);
          reads.push(joined(...Array.from(chosen, (at) => range(at * page!, Math.min((at + 1) * page!, query + 1)))));
          await breathe();
        }
        return reads;
      },
    });
  },
  costs: ({ layers, heads, kvHeads, headDim, tokens, promptLength, bytes }, parameters) => {
    const pages = Math.ceil(tokens / parameters['page']!);
    const sparse = Math.max(0, layers - parameters['dense-layers']!);
    const page = 2 * kvHeads * headDim * bytes;
    return {
      stepFlops: 4 * sparse * heads * pages * headDim,
      stepBytes: sparse * pages * page,
      storedBytes: layers * pages * page,
      onceFlops: 2 * layers * kvHeads * promptLength * headDim,
    };
  },
};

/** Upper bounds of q.k over the keys of each page. The scale changes no order. */
export class PageBounds {
  readonly #data: LayerData;
  readonly #page: number;
  /** By page, once its last key is there: smallest and largest values, [kvHeads, headDim] each. */
  readonly #whole: { readonly low: Float32Array; readonly high: Float32Array }[] = [];

  constructor(data: LayerData, page: number) {
    this.#data = data;
    this.#page = page;
  }

  /** Of every page with a key up to the query. */
  of(head: number, query: number): Float64Array {
    const { heads, headDim, q } = this.#data;
    const bounds = new Float64Array(Math.ceil((query + 1) / this.#page));
    const at = (query * heads + head) * headDim;
    const own = groupOf(this.#data, head) * headDim;
    for (let page = 0; page < bounds.length; page++) {
      const { low, high } = this.#extremes(page, query);
      let sum = 0;
      for (let d = 0; d < headDim; d++) {
        const value = q[at + d]!;
        sum += Math.max(value * high[own + d]!, value * low[own + d]!);
      }
      bounds[page] = sum;
    }
    return bounds;
  }

  #extremes(page: number, query: number) {
    const known = this.#whole[page];
    if (known !== undefined) return known;
    const { kvHeads, headDim, k } = this.#data;
    const width = kvHeads * headDim;
    const end = Math.min((page + 1) * this.#page, query + 1);
    const low = new Float32Array(width).fill(Infinity);
    const high = new Float32Array(width).fill(-Infinity);
    for (let key = page * this.#page; key < end; key++) {
      for (let d = 0; d < width; d++) {
        const value = k[key * width + d]!;
        low[d] = Math.min(low[d]!, value);
        high[d] = Math.max(high[d]!, value);
      }
    }
    const extremes = { low, high };
    // Of one that is not full yet, later keys may change them.
    if (end === (page + 1) * this.#page) this.#whole[page] = extremes;
    return extremes;
  }
}
