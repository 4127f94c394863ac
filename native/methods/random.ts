/** Chance: the floor that a choice has to beat. */
import { createPrng } from '../../shared/base/prng.ts';
import { keyScoreMethod } from './key-scores.ts';

export const random = keyScoreMethod(
  {
    id: 'random',
    name: 'Random',
    definition: 'Keeps keys of the prompt at random, drawn anew for each layer and KV group.',
    source: 'kvpress presses/random_press.py',
    parameters: [
      {
        id: 'seed',
        name: 'Seed',
        meaning: 'The same seed keeps the same keys.',
        default: 0,
        source: 'ours',
        scaling: { by: 'nothing' },
        min: 0,
        max: 2 ** 32 - 1,
        integer: true,
      },
    ],
    notes: ['Nothing protects the first and the most recent keys of the prompt.'],
    operations: 0,
  },
  (_data, group, layer, { promptLength, parameters }) => {
    const prng = createPrng(parameters['seed']!, layer, group);
    return Float64Array.from({ length: promptLength }, () => prng.next());
  },
);
