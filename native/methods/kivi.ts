/** KIVI: keys in few bits by channel, values by token. */
import { AppError } from '../../shared/base/app-error.ts';
import { CacheCopy } from './cache-copy.ts';
import { rangeView } from './choose.ts';
import { FREE, type LayerData, type Method, type MethodContext } from './method.ts';
import { byPosition } from './one-shot.ts';
import { Quantiser } from './quantise.ts';

/** Of a group: a scale and a zero in half precision. */
const GROUP_BITS = 32;

const whole = { scaling: { by: 'nothing' }, min: 1, max: 4096, integer: true } as const;

export const kivi: Method = {
  info: {
    id: 'kivi',
    name: 'KIVI',
    definition:
      'Nothing is dropped. Keys are kept in few bits, each channel over a group of tokens, and values each token over a group of channels; the newest of both stay as they are.',
    source: 'Liu et al. 2024 (arXiv 2402.02750); jy-yuan/KIVI',
    classes: ['modifying'],
    phases: ['decode'],
    granularity: 'layer',
    evicts: false,
    readsQuery: false,
    needs: [],
    budget: null,
    parameters: [
      {
        ...whole,
        id: 'bits',
        name: 'Bits',
        meaning: 'Of a number.',
        default: 2,
        source: 'the paper; the repository advises 4 for grouped heads',
        max: 16,
      },
      {
        ...whole,
        id: 'group',
        name: 'Group',
        meaning: 'Numbers that share a scale and a zero: tokens of keys, channels of values, within one head.',
        default: 32,
        source: 'example.py; 128 in the parser of arguments',
      },
      {
        ...whole,
        id: 'residual',
        name: 'Residual',
        meaning:
          'Newest tokens whose values stay; keys are put into bits as soon as there are so many. A multiple of the group.',
        default: 32,
        source: 'example.py; 128 in the tables on LongBench',
      },
    ],
    cost: { step: '4 L G n d to read bits back', stored: 'two numbers of 2 bytes a group', once: '4 L G P d' },
    badge: 'exact',
    notes: [
      'Keys change for all later queries at once, every so many tokens.',
      'Rows of the prompt attend to keys and values as they were.',
      'Scales and zeros are kept exactly here, in half precision there. Keys are those after rotation.',
    ],
  },
  begin: (data, _layer, context) => {
    const cache = new KiviCache(data, context.parameters);
    return Promise.resolve({
      ...byPosition(data, context, (query) => rangeView(0, query + 1)),
      changed: (query) => cache.upTo(query, context.breathe),
    });
  },
  costs: ({ layers, kvHeads, headDim, tokens, promptLength, bytes }, { bits, group, residual }) => {
    const few = (bits! + GROUP_BITS / Math.min(group!, headDim)) / 8;
    const keyBytes = (bits! + GROUP_BITS / group!) / 8;
    const keys = tokens - (tokens % residual!);
    const values = Math.max(0, tokens - residual!);
    return {
      ...FREE,
      stepFlops: 4 * layers * kvHeads * tokens * headDim,
      onceFlops: 4 * layers * kvHeads * promptLength * headDim,
      cacheBytes: (keys * keyBytes + values * few + (2 * tokens - keys - values) * bytes) / (2 * tokens),
    };
  },
};

/** Keys and values as they are read back. */
class KiviCache {
  readonly #data: LayerData;
  readonly #bits: number;
  readonly #group: number;
  readonly #residual: number;
  readonly #copy: CacheCopy;
  #keys = 0;
  #values = 0;

  /** Throws `bad-request` for a residual of broken groups. */
  constructor(data: LayerData, { bits, group, residual }: MethodContext['parameters']) {
    if (residual! % group! !== 0) {
      throw new AppError('bad-request', `A residual of ${residual!} tokens is no multiple of a group of ${group!}.`, {
        hint: 'Give a residual of whole groups.',
      });
    }
    this.#data = data;
    this.#bits = bits!;
    this.#group = group!;
    this.#residual = residual!;
    this.#copy = new CacheCopy(data);
  }

  /** With the `tokens` first positions in it, and the next one as it is. */
  async upTo(tokens: number, breathe: MethodContext['breathe']) {
    this.#copy.upTo(tokens + 1);
    const [keys, values] = [this.#keys, this.#values];
    for (; this.#keys + this.#residual <= tokens; this.#keys += this.#residual) {
      for (let at = 0; at < this.#residual; at += this.#group) this.#reduceKeys(this.#keys + at);
      await breathe();
    }
    for (; this.#values + this.#residual < tokens; this.#values++) {
      this.#reduceValues(this.#values);
      if (this.#values % 64 === 0) await breathe();
    }
    this.#copy.renew(keys, this.#keys);
    this.#copy.renew(values, this.#values);
    return this.#copy.state();
  }

  #reduceKeys(start: number): void {
    const width = this.#data.kvHeads * this.#data.headDim;
    for (let channel = 0; channel < width; channel++) {
      reduce(this.#copy.k, start * width + channel, this.#group, width, this.#bits);
    }
  }

  #reduceValues(token: number): void {
    const { kvHeads, headDim } = this.#data;
    for (let head = 0; head < kvHeads; head++) {
      const at = (token * kvHeads + head) * headDim;
      for (let d = 0; d < headDim; d += this.#group) {
        reduce(this.#copy.v, at + d, Math.min(this.#group, headDim - d), 1, this.#bits);
      }
    }
  }
}

/** `count` numbers from `start` on, every `stride`-th. */
function reduce(values: Float32Array, start: number, count: number, stride: number, bits: number): void {
  const quantiser = new Quantiser(bits);
  const end = start + count * stride;
  for (let at = start; at < end; at += stride) quantiser.see(values[at]!);
  for (let at = start; at < end; at += stride) values[at] = quantiser.back(values[at]!);
}
