/** Quest: pages whose bounds promise the largest score. */
import { joined, largest, range, rangeView } from './choose.ts';
import type { LayerData, Method } from './method.ts';
import { forgetKeys, passingScores } from './rows.ts';

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
    // A layer that reads everything has none.
    let bounds: PageBounds | undefined;
    const isDense = layer < parameters['dense-layers']!;
    return Promise.resolve({
      held: () => prompt,
      step: async (query) => {
        const pages = Math.ceil((query + 1) / page!);
        const count = Math.min(pages, Math.max(parameters['least-pages']!, Math.floor(budget! / page!)));
        if (isDense || count === pages || budget! > query) {
          const all = rangeView(0, query + 1);
          return Array.from({ length: data.heads }, () => all);
        }
        bounds ??= new PageBounds(data, page!);
        const reads = bounds.at(query).map((scores) => {
          const chosen =
            newest === 1
              ? joined(largest(scores.subarray(0, pages - 1), count - 1), Int32Array.of(pages - 1))
              : largest(scores, count);
          return keysOfPages(chosen, page!, query + 1);
        });
        await breathe();
        return reads;
      },
    });
  },
  tells: ({ budget, parameters: { page, 'least-pages': least } }) =>
    budget! < least! * page! ? [`It reads at least ${least} pages of ${page} keys, whatever the budget.`] : [],
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

/** Of ascending pages, up to `end`. */
function keysOfPages(pages: Int32Array, page: number, end: number): Int32Array {
  // The last page may be cut.
  const cut = pages.length === 0 ? 0 : Math.max(0, (pages[pages.length - 1]! + 1) * page - end);
  const keys = new Int32Array(pages.length * page - cut);
  let count = 0;
  for (let i = 0; i < pages.length; i++) {
    const stop = Math.min((pages[i]! + 1) * page, end);
    for (let key = pages[i]! * page; key < stop; key++) keys[count++] = key;
  }
  return keys;
}

/**
 * Upper bounds of q.k over the keys of each page. They are the scores of a layer with a key for each page, its largest and
 * smallest values by turns, and queries whose positive and negative parts take turns. The scale changes no order.
 */
export class PageBounds {
  readonly #data: LayerData;
  readonly #page: number;
  readonly #pages: LayerData;
  /** Keys that pages know of. */
  #keys = 0;

  constructor(data: LayerData, page: number) {
    const { heads, kvHeads, headDim, tokens } = data;
    const pages = Math.ceil(tokens / page);
    this.#data = data;
    this.#page = page;
    this.#pages = {
      ...data,
      headDim: 2 * headDim,
      tokens: pages,
      q: new Float32Array(pages * heads * 2 * headDim),
      k: new Float32Array(pages * kvHeads * 2 * headDim),
      scale: 1,
      window: null,
    };
  }

  /** By head, of every page with a key up to the query, in arrays that are used again. Queries come in ascending order. */
  at(query: number): readonly Float64Array[] {
    const { heads, headDim, q } = this.#data;
    this.#lookAt(query);
    const page = Math.floor(query / this.#page);
    const [from, to] = [query * heads * headDim, page * heads * 2 * headDim];
    const parts = this.#pages.q;
    for (let d = 0; d < heads * headDim; d++) {
      const value = q[from + d]!;
      parts[to + 2 * d] = value > 0 ? value : 0;
      parts[to + 2 * d + 1] = value > 0 ? 0 : value;
    }
    return passingScores(this.#pages, page);
  }

  #lookAt(query: number): void {
    const { kvHeads, headDim, k } = this.#data;
    const width = kvHeads * headDim;
    const extremes = this.#pages.k;
    forgetKeys(this.#pages, Math.floor(this.#keys / this.#page));
    for (; this.#keys <= query; this.#keys++) {
      const to = Math.floor(this.#keys / this.#page) * 2 * width;
      const isFirst = this.#keys % this.#page === 0;
      for (let d = 0, at = this.#keys * width; d < width; d++, at++) {
        const value = k[at]!;
        if (isFirst || value > extremes[to + 2 * d]!) extremes[to + 2 * d] = value;
        if (isFirst || value < extremes[to + 2 * d + 1]!) extremes[to + 2 * d + 1] = value;
      }
    }
  }
}
