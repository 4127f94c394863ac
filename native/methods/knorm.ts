/** The shortest keys. */
import { keyNorm, keyScoreMethod } from './key-scores.ts';

export const knorm = keyScoreMethod(
  {
    id: 'knorm',
    name: 'Key norm',
    definition: 'Keeps the keys of the prompt with the smallest norm.',
    source: 'Devoto et al. 2024 (arXiv 2406.11430); kvpress presses/knorm_press.py',
    parameters: [],
    notes: ['Nothing protects the most recent keys of the prompt.'],
    operations: 2,
  },
  (data, group, _layer, { promptLength }) =>
    Float64Array.from({ length: promptLength }, (_, key) => -keyNorm(data, group, key)),
);
