/**
 * Activation and path patching in plain float64, for checking the engine against: whole maps, every head with queries,
 * keys and values of its own, forwards from the first layer to the last.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PatchHook } from '../../shared/model/effect.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import { openWeights, readTensorF32 } from '../safetensors/index.ts';
import {
  referenceModel,
  type Attended,
  type AttentionInputs,
  type ReferenceConfig,
  type ReferenceLayer,
  type ReferenceModel,
  type ReferenceRun,
  type ReferenceWeights,
} from './reference-forward.ts';
import { referenceRope } from './reference-rope.ts';

/** What is put in, of which head (null: all of the layer), at which position (null: all). */
export interface ReferencePatch {
  readonly hook: PatchHook;
  readonly layer: number;
  readonly head: number | null;
  readonly position: number | null;
}

/** Rows [n, heads, headDim] of each query head alone, those of its group for keys and values. */
type PerHead = (head: number, row: number) => Float64Array;

interface Side {
  readonly ids: Int32Array;
  readonly run: ReferenceRun;
}

export class ReferencePatching {
  readonly #config: ReferenceConfig;
  readonly #weights: ReferenceWeights;
  readonly #model: ReferenceModel;

  private constructor(config: ReferenceConfig, weights: ReferenceWeights) {
    this.#config = config;
    this.#weights = weights;
    this.#model = referenceModel(config, weights);
  }

  static async open(folder: string): Promise<ReferencePatching> {
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as ReferenceConfig;
    const { tensors } = await openWeights(folder);
    const known = new Map<string, Float64Array>();
    for (const [name, entry] of tensors) known.set(name, Float64Array.from(await readTensorF32(entry)));
    return new ReferencePatching(config, (name) => Promise.resolve(known.get(name)));
  }

  async side(ids: Int32Array): Promise<Side> {
    return { ids, run: await this.#model(ids) };
  }

  /** Logits [n, vocab] of the receiver with a patch. `partners`: position in the donor of each of its own, or -1. */
  async patched(
    receiver: Side,
    donor: Side,
    partners: ArrayLike<number>,
    patch: ReferencePatch,
  ): Promise<Float64Array> {
    const { hook, layer, head, position } = patch;
    const isPatched = (row: number): boolean => partners[row]! >= 0 && (position === null || position === row);
    const { run } = await this.#with(receiver, {
      residual: (at, x, width) => {
        if (hook !== 'resid' || at !== layer) return x;
        return x.map((value, i) => {
          const row = Math.floor(i / width);
          return isPatched(row) ? donor.run.residuals[layer]![partners[row]! * width + (i % width)]! : value;
        });
      },
      head: (inputs, at) => {
        const own = ownRows(inputs);
        if (inputs.layer !== layer || (head !== null && head !== at) || hook === 'resid')
          return attendHead(inputs, at, own);
        const given = this.#donorRows(donor, inputs, at);
        const mixed =
          (mine: PerHead, theirs: (row: number, to: number) => Float64Array): PerHead =>
          (h, row) =>
            isPatched(row) ? theirs(partners[row]!, row) : mine(h, row);
        switch (hook) {
          case 'q':
            return attendHead(inputs, at, { ...own, q: mixed(own.q, given.q) });
          case 'k':
            return attendHead(inputs, at, { ...own, k: mixed(own.k, given.k) });
          case 'v':
            return attendHead(inputs, at, { ...own, v: mixed(own.v, (row) => given.v(row)) });
          case 'z': {
            const z = attendHead(inputs, at, own);
            return z.map((values, row) => (isPatched(row) ? given.z(partners[row]!) : values));
          }
          case 'pattern': {
            const z = attendHead(inputs, at, own);
            return z.map((values, row) =>
              isPatched(row) ? this.#borrowed(donor, inputs, at, partners, row, own.v) : values,
            );
          }
        }
      },
    });
    return run.logits;
  }

  /** Logits of the receiver through one path: from the sender into one input of one later head, or (null) straight out. */
  async path(
    receiver: Side,
    donor: Side,
    partners: ArrayLike<number>,
    sender: HeadId,
    to: (HeadId & { readonly input: 'q' | 'k' | 'v' }) | null,
    mlps: 'recomputed' | 'frozen',
  ): Promise<Float64Array> {
    const kept = receiver.run;
    const { heads, headDim, dModel } = kept;
    const sent = (layer: number): Float64Array => {
      const z = kept.layers[layer]!.z.slice();
      if (layer !== sender.layer) return z;
      const given = donor.run.layers[layer]!.z;
      for (let row = 0; row < kept.n; row++) {
        for (let c = 0; c < headDim && partners[row]! >= 0; c++) {
          z[(row * heads + sender.head) * headDim + c] = given[(partners[row]! * heads + sender.head) * headDim + c]!;
        }
      }
      return z;
    };
    const more =
      mlps === 'frozen'
        ? await this.#written(
            sender.layer,
            sent(sender.layer).map((z, i) => z - kept.layers[sender.layer]!.z[i]!),
            kept,
          )
        : new Float64Array(kept.n * dModel);
    const plus = (x: Float64Array): Float64Array => x.map((value, i) => value + more[i]!);
    const reached: AttentionInputs[] = [];
    const direct = await this.#model(receiver.ids, {
      residual: (layer, x) => (mlps === 'frozen' && layer > sender.layer ? plus(kept.residuals[layer]!) : x),
      attention: (inputs) => {
        reached[inputs.layer] = inputs;
        return asAttended(inputs, sent(inputs.layer));
      },
    });
    if (to === null) return mlps === 'frozen' ? this.#unembed(plus(kept.residuals.at(-1)!), kept.n) : direct.logits;
    const { run } = await this.#with(receiver, {
      residual: (_, x) => x,
      head: (inputs, head) => {
        const own = ownRows(inputs);
        if (inputs.layer !== to.layer || head !== to.head) return attendHead(inputs, head, own);
        return attendHead(inputs, head, { ...own, [to.input]: ownRows(reached[to.layer]!)[to.input] });
      },
    });
    return run.logits;
  }

  async #with(
    { ids }: Side,
    change: {
      readonly residual: (layer: number, x: Float64Array, width: number) => Float64Array;
      readonly head: (inputs: AttentionInputs, head: number) => Float64Array[];
    },
  ): Promise<{ readonly run: ReferenceRun }> {
    const run = await this.#model(ids, {
      residual: change.residual,
      attention: (inputs) => {
        const { n, heads, headDim } = inputs;
        const z = new Float64Array(n * heads * headDim);
        for (let head = 0; head < heads; head++) {
          for (const [row, values] of change.head(inputs, head).entries())
            z.set(values, (row * heads + head) * headDim);
        }
        return asAttended(inputs, z);
      },
    });
    return { run };
  }

  /** The donor's rows, queries and keys rotated for the position that they come to. */
  #donorRows({ run }: Side, { layer, n, heads, kvHeads, headDim }: AttentionInputs, head: number) {
    const group = Math.floor(head / (heads / kvHeads));
    const of = run.layers[layer]!;
    const take = (values: Float64Array, count: number, index: number, row: number): Float64Array =>
      values.slice((row * count + index) * headDim, (row * count + index + 1) * headDim);
    return {
      q: (row: number, to: number) => this.#rotated(take(of.qBeforeRope, heads, head, row), to, n),
      k: (row: number, to: number) => this.#rotated(take(of.kBeforeRope, kvHeads, group, row), to, n),
      v: (row: number) => take(of.v, kvHeads, group, row),
      z: (row: number) => take(of.z, heads, head, row),
    };
  }

  #rotated(values: Float64Array, position: number, tokens: number): Float64Array {
    if (!('rope_theta' in this.#config)) return values;
    const half = values.length / 2;
    const { inverseFrequencies, attentionFactor } = referenceRope(this.#config, values.length, tokens);
    return values.map((value, c) => {
      const angle = position * inverseFrequencies[c % half]!;
      const paired = c < half ? -values[c + half]! : values[c - half]!;
      return (value * Math.cos(angle) + paired * Math.sin(angle)) * attentionFactor;
    });
  }

  /** z of a row with the donor's weights, on keys that are aligned too and seen here, which sum to 1. */
  #borrowed(
    { run }: Side,
    { layer, window, headDim }: AttentionInputs,
    head: number,
    partners: ArrayLike<number>,
    row: number,
    v: PerHead,
  ): Float64Array {
    const scores = (key: number): number =>
      run.layers[layer]!.scores[(head * run.n + partners[row]!) * run.n + partners[key]!]!;
    const keys = Array.from({ length: row + 1 }, (_, key) => key).filter(
      (key) => row - key < window && partners[key]! >= 0,
    );
    const top = Math.max(...keys.map(scores));
    const weights = keys.map((key) => Math.exp(scores(key) - top));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const z = new Float64Array(headDim);
    keys.forEach((key, at) => v(head, key).forEach((value, c) => (z[c]! += (weights[at]! / total) * value)));
    return z;
  }

  /** z [n, heads, headDim] of one layer -> what it adds to the residual, without bias, [n, d]. */
  async #written(layer: number, z: Float64Array, { n, heads, headDim, dModel }: ReferenceRun): Promise<Float64Array> {
    const inputs = heads * headDim;
    const rowWise = await this.#weights(`transformer.h.${layer}.attn.c_proj.weight`);
    const columnWise =
      (await this.#weights(`model.layers.${layer}.self_attn.o_proj.weight`)) ??
      (await this.#weights(`layers.${layer}.o.weight`));
    return Float64Array.from({ length: n * dModel }, (_, i) => {
      const [row, d] = [Math.floor(i / dModel), i % dModel];
      let sum = 0;
      for (let c = 0; c < inputs; c++) {
        sum += z[row * inputs + c]! * (rowWise?.[c * dModel + d] ?? columnWise![d * inputs + c]!);
      }
      return sum;
    });
  }

  /** Logits of a final residual: those of the model without layers whose embedding it is. */
  async #unembed(resid: Float64Array, n: number): Promise<Float64Array> {
    const replaced: Record<string, Float64Array | undefined> = {};
    const tied = async (embedding: string): Promise<void> => {
      replaced['lm_head.weight'] = (await this.#weights('lm_head.weight')) ?? (await this.#weights(embedding));
      replaced[embedding] = resid;
    };
    if (this.#config['model_type'] === 'gpt2') {
      await tied('transformer.wte.weight');
      replaced['transformer.wpe.weight'] = new Float64Array(resid.length);
    } else if (this.#config['model_type'] === 'attn-only') {
      replaced['embed.weight'] = resid;
      replaced['positions.weight'] = new Float64Array(resid.length);
    } else await tied('model.embed_tokens.weight');
    const none = { layers: 0, n_layer: 0, num_hidden_layers: 0, tie_word_embeddings: false };
    const model = referenceModel({ ...this.#config, ...none }, async (name) => replaced[name] ?? this.#weights(name));
    return (await model(Array.from({ length: n }, (_, row) => row))).logits;
  }
}

interface HeadRows {
  readonly q: PerHead;
  readonly k: PerHead;
  readonly v: PerHead;
}

function ownRows({ q, k, v, heads, kvHeads, headDim }: AttentionInputs): HeadRows {
  const groupOf = (head: number): number => Math.floor(head / (heads / kvHeads));
  const slice = (values: Float64Array, at: number): Float64Array => values.subarray(at * headDim, (at + 1) * headDim);
  return {
    q: (head, row) => slice(q, row * heads + head),
    k: (head, row) => slice(k, row * kvHeads + groupOf(head)),
    v: (head, row) => slice(v, row * kvHeads + groupOf(head)),
  };
}

/** z of every row of a head. */
function attendHead(
  { n, headDim, scale, window }: AttentionInputs,
  head: number,
  { q, k, v }: HeadRows,
): Float64Array[] {
  return Array.from({ length: n }, (_, row) => {
    const keys = Array.from({ length: row + 1 }, (_, key) => key).filter((key) => row - key < window);
    const query = q(head, row);
    const scores = keys.map((key) => scale * k(head, key).reduce((sum, value, c) => sum + value * query[c]!, 0));
    const top = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
    const z = new Float64Array(headDim);
    keys.forEach((key, at) => {
      const weight = Math.exp(scores[at]! - top) / total;
      v(head, key).forEach((value, c) => (z[c]! += weight * value));
    });
    return z;
  });
}

/** What the forward goes on with is z alone. */
function asAttended({ q, k, v }: AttentionInputs, z: Float64Array): Attended {
  const none: Pick<ReferenceLayer, 'scores' | 'attention' | 'lse'> = {
    scores: new Float64Array(0),
    attention: new Float64Array(0),
    lse: new Float64Array(0),
  };
  return { q, k, v, z, ...none };
}
