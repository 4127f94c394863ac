import { groupOf } from '../../../shared/model/head-id.ts';
import { scoreCores } from '../core-scores.ts';
import { productEigenShare } from '../eigen-share.ts';
import { flipped } from '../matrix-products.ts';
import type { WeightScore } from '../weight-score.ts';

export const ovCopying: WeightScore = {
  info: {
    id: 'ov-copying',
    name: 'OV copying (residual)',
    group: 'weights',
    unit: 'eigenvalue share',
    definition:
      'Sum of the eigenvalues of W_V W_O over the sum of their magnitudes, with the gain of the norm folded in: 1 where a head writes more of what it reads, -1 where it takes it away, 0 also where it moves it into another part of the residual. Biases left out. Not defined for a head that writes nothing.',
    source: 'Elhage et al. 2021, A Mathematical Framework for Transformer Circuits, “Copying / OV eigenvalues”',
    badge: 'exact',
    granularity: 'head',
    data: 'weights',
    cost: 'weights',
    parameters: [],
    floor: '0 (random weights)',
    domain: [-1, 1],
  },
  floor: 0,
  compute: (circuits, _parameters, job) =>
    scoreCores(circuits, 'OV copying', job, async (layer, pause, breathe) => {
      const { products } = circuits;
      const { heads, kvHeads, headDim } = circuits.architecture;
      const value = await circuits.reading(layer, 'value', breathe);
      const output = await circuits.writing(layer);
      const cores = await products.double(output, value, pause);
      const valueGram = await products.double(flipped(value), value, pause);
      const outputGram = await products.double(output, flipped(output), pause);
      return {
        cores,
        async valueOf(core, head) {
          const shared = groupOf(head, heads, kvHeads) * headDim ** 2;
          // |W_V W_O|^2 is the sum of products of the two Gram matrices.
          let square = 0;
          for (let at = 0; at < core.length; at++)
            square += valueGram[shared + at]! * outputGram[head * headDim ** 2 + at]!;
          if (square <= 0) return NaN;
          const share = await productEigenShare(core, headDim, Math.sqrt(square), breathe);
          return Number.isNaN(share) ? 0 : share;
        },
      };
    }),
};
