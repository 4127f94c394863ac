import { groupOf } from '../../../shared/model/head-id.ts';
import { scoreCores } from '../core-scores.ts';
import { frobenius, productEigenShare } from '../eigen-share.ts';
import { flipped } from '../matrix-products.ts';
import { embeddingGram, TOKEN_VECTORS, tokenVectors } from '../token-tables.ts';
import type { WeightScore } from '../weight-score.ts';

export const qkMatch: WeightScore = {
  info: {
    id: 'qk-match',
    name: 'QK same-token match',
    group: 'weights',
    unit: 'eigenvalue share',
    definition:
      'Sum of the eigenvalues of W_E W_Q W_K^T W_E^T over the sum of their magnitudes, over the whole vocabulary: 1 where a token looks for its own copies, -1 where it keeps away from them. Gains of the norms folded in; the rotation is left out, so it is about content alone. Not defined for a head that looks for nothing.',
    source: 'Olsson et al. 2022, In-context Learning and Induction Heads (arXiv 2209.11895), p. 61',
    badge: 'exact',
    granularity: 'head',
    data: 'weights',
    cost: 'weights',
    parameters: [TOKEN_VECTORS],
    floor: '0 (random weights)',
    domain: [-1, 1],
  },
  floor: 0,
  compute(circuits, parameters, job) {
    const vectors = tokenVectors(parameters);
    return scoreCores(circuits, 'QK match', job, async (layer, pause, breathe) => {
      const { products } = circuits;
      const { heads, kvHeads, headDim, dModel } = circuits.architecture;
      // The eigenvalues other than 0 of W_E W_Q W_K^T W_E^T are those of W_K^T (W_E^T W_E) W_Q.
      const gram = await embeddingGram(circuits, vectors(layer), job);
      const query = await circuits.reading(layer, 'query', breathe);
      const key = await circuits.reading(layer, 'key', breathe);
      const left = { data: await products.single(flipped(key), gram, pause), rows: headDim, columns: dModel };
      return {
        cores: await products.double(left, query, pause),
        valueOf(core, head) {
          const norm = frobenius(left, groupOf(head, heads, kvHeads)) * frobenius(query, head);
          return productEigenShare(core, headDim, norm, breathe);
        },
      };
    });
  },
};
