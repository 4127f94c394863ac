/**
 * A test-only family: attention and nothing else. No norm, no MLP, no bias, scale 1; positions are an embedding that is
 * added to the tokens'. What a head does then follows from its weights by hand.
 */
import { embedding, linear } from '../families/layers.ts';
import type { Family } from '../families/family.ts';
import { linearPlace, NO_NORM } from '../families/weight-layout.ts';

export const attnOnly: Family = {
  id: 'attn-only',
  name: 'Attention only',
  modelTypes: ['attn-only'],
  architectures: ['AttentionOnly'],
  read(config) {
    const layers = config.integer('layers');
    const heads = config.integer('heads');
    const headDim = config.integer('head_dim');
    const dModel = config.integer('d_model');
    const vocabSize = config.integer('vocab_size');
    const context = config.integer('context');
    const width = heads * headDim;
    return {
      layers,
      heads,
      kvHeads: heads,
      headDim,
      dModel,
      vocabSize,
      context,
      scale: Array.from({ length: layers }, () => 1),
      slidingWindow: Array.from({ length: layers }, () => null),
      rope: null,
      blocks: {
        embed: (g, w, ids, positions) =>
          g.op('Add', [
            embedding(g, w, ids, 'embed.weight', [vocabSize, dModel]),
            embedding(g, w, positions, 'positions.weight', [context, dModel]),
          ]),
        attentionInputs(g, w, layer, resid) {
          const project = (name: string) => linear(g, w, resid, `layers.${layer}.${name}`, [width, dModel], false);
          const q = project('q');
          const k = project('k');
          return { qRaw: q, kRaw: k, q, k, v: project('v') };
        },
        attentionOutput: (g, w, layer, z) => linear(g, w, z, `layers.${layer}.o`, [dModel, width], false),
        mlp: (g) => g.float(0),
        finalNorm: (_g, _w, resid) => resid,
        unembed: (g, w, normalized) => linear(g, w, normalized, 'unembed', [vocabSize, dModel], false),
        layout: () => ({
          attention(layer) {
            const reads = (name: string) => linearPlace(`layers.${layer}.${name}`, [width, dModel], false);
            return {
              norm: NO_NORM,
              query: reads('q'),
              key: reads('k'),
              value: reads('v'),
              output: linearPlace(`layers.${layer}.o`, [dModel, width], false),
              queryGain: null,
              keyGain: null,
            };
          },
          finalNorm: NO_NORM,
          embedding: 'embed.weight',
          unembedding: 'unembed.weight',
        }),
      },
    };
  },
};
