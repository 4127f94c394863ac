import { composition, FLOOR_SEED, randomCompositions, type CompositionKind } from '../composition.ts';
import { expectedLargest } from '../expected-largest.ts';
import type { WeightScore } from '../weight-score.ts';

const READS: Readonly<Record<CompositionKind, string>> = {
  q: 'its query reads: ‖OV1 QK2‖ / (‖OV1‖ ‖QK2‖)',
  k: 'its key reads: ‖OV1 QK2ᵀ‖ / (‖OV1‖ ‖QK2‖)',
  v: 'its value reads: ‖OV1 OV2‖ / (‖OV1‖ ‖OV2‖)',
};

export const qComposition = compositionScore('q');
export const kComposition = compositionScore('k');
export const vComposition = compositionScore('v');

function compositionScore(kind: CompositionKind): WeightScore {
  const letter = kind.toUpperCase();
  return {
    info: {
      id: `${kind}-composition`,
      name: `${letter} composition`,
      group: 'weights',
      unit: 'times random',
      definition: `The largest share, over all heads of earlier layers, of what that head writes that ${READS[kind]}, Frobenius norms, in multiples of what is expected as the largest of as many pairs of heads with normal random weights of the same shape (measured on random pairs with seed ${FLOOR_SEED}; a pair has about 1 / √d). 0 with a head that writes nothing; not defined in the first layer. Gains of norms folded in, biases and MLPs left out${kind === 'v' ? '' : ', content alone: no rotation'}.`,
      source: 'Elhage et al. 2021, A Mathematical Framework for Transformer Circuits, “Composition scores”',
      badge: 'exact',
      granularity: 'head',
      data: 'weights',
      cost: 'weights',
      parameters: [],
      floor: '1 (heads with random weights, at any layer)',
      domain: [0, null],
    },
    floor: 1,
    async compute(circuits, _parameters, job) {
      const { layers, heads } = circuits.architecture;
      const random = await randomCompositions(circuits, job);
      const table = await composition(circuits, kind, job);
      const width = layers * heads;
      // By layer: the more heads come before, the larger the largest of them is by chance.
      const floors = Array.from({ length: layers }, (_, layer) => expectedLargest(random, layer * heads));
      return Float64Array.from({ length: width }, (_, reader) => {
        const earlier = Math.floor(reader / heads) * heads;
        let largest = -Infinity;
        for (let writer = 0; writer < earlier; writer++) largest = Math.max(largest, table[writer * width + reader]!);
        return earlier === 0 ? NaN : largest / floors[earlier / heads]!;
      });
    },
  };
}
