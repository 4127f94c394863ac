/** KeyDiff: keys that are least like the others. */
import { keyNorm, keyScoreMethod, keyStart } from './key-scores.ts';

export const keydiff = keyScoreMethod(
  {
    id: 'keydiff',
    name: 'KeyDiff',
    definition:
      'Keeps the keys of the prompt with the smallest cosine to the mean direction of all its keys, after rotation. No attention is looked at.',
    source: 'Park et al. 2025 (arXiv 2504.15364); kvpress presses/keydiff_press.py, all of the prompt at once',
    parameters: [],
    notes: ['Nothing protects the most recent keys of the prompt.'],
    operations: 4,
  },
  (data, group, _layer, { promptLength }) => {
    const { headDim, k } = data;
    const norms = Float64Array.from({ length: promptLength }, (_, key) => keyNorm(data, group, key));
    const anchor = new Float64Array(headDim);
    for (let key = 0; key < promptLength; key++) {
      if (norms[key] === 0) continue;
      const at = keyStart(data, group, key);
      for (let d = 0; d < headDim; d++) anchor[d]! += k[at + d]! / norms[key]!;
    }
    // The length of the anchor is the same for all keys, and so changes no order.
    return norms.map((norm, key) => {
      if (norm === 0) return 0;
      const at = keyStart(data, group, key);
      let dot = 0;
      for (let d = 0; d < headDim; d++) dot += k[at + d]! * anchor[d]!;
      return -dot / norm;
    });
  },
);
