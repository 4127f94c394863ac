import { groupOf } from '../../../shared/model/head-id.ts';
import { scoreCores } from '../core-scores.ts';
import { frobenius, productEigenShare } from '../eigen-share.ts';
import { TOKEN_VECTORS, tokenVectors, unembeddingCross } from '../token-tables.ts';
import type { WeightScore } from '../weight-score.ts';

export const ovCopyingTokens: WeightScore = {
  info: {
    id: 'ov-copying-tokens',
    name: 'OV copying (tokens)',
    group: 'weights',
    unit: 'eigenvalue share',
    definition:
      'As OV copying, of W_E W_V W_O W_U from tokens to logits: 1 where seeing a token makes that token likelier, also where it is moved between parts of the residual. Gains of both norms folded in, biases left out. Not defined for a head that writes into no logit.',
    source: 'Elhage et al. 2021, A Mathematical Framework for Transformer Circuits, “Copying / OV eigenvalues”',
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
    return scoreCores(circuits, 'OV copying in tokens', job, async (layer, pause, breathe) => {
      const { products } = circuits;
      const { heads, kvHeads, headDim } = circuits.architecture;
      // The eigenvalues other than 0 of W_E W_V W_O W_U are those of W_O (W_U W_E) W_V.
      const cross = await unembeddingCross(circuits, vectors(layer), job);
      const value = await circuits.reading(layer, 'value', breathe);
      const output = await circuits.writing(layer);
      const left = { ...output, data: await products.single(output, cross, pause) };
      return {
        cores: await products.double(left, value, pause),
        valueOf(core, head) {
          const norm = frobenius(left, head) * frobenius(value, groupOf(head, heads, kvHeads));
          return productEigenShare(core, headDim, norm, breathe);
        },
      };
    });
  },
};
