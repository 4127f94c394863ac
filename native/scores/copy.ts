import type { Score } from './score.ts';
import { meanOverWindows, visibleRow } from './uniform.ts';

export const copy: Score = {
  info: {
    id: 'copy',
    name: 'Copy mass',
    group: 'retrieval',
    unit: 'probability',
    definition:
      'Attention of the last token on all earlier tokens that are the same as the likeliest next token: what a head has that copies the prediction from above.',
    source: 'One step of the retrieval score of Wu et al. 2024 (arXiv 2404.15574), as mass instead of argmax',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: 'earlier copies / visible keys',
    domain: [0, 1],
  },
  afterRun: true,
  notApplicable: ({ capture, predicted }) =>
    predicted !== null && capture.ids.subarray(0, -1).includes(predicted)
      ? null
      : 'Needs a prompt in which the likeliest next token has occurred.',
  compute(context, layer, head) {
    const { capture, predicted } = context;
    const last = capture.tokens - 1;
    let mass = 0;
    for (let key = 0; key < last; key++) {
      if (capture.ids[key] === predicted) mass += context.probability(layer, head, last, key);
    }
    return mass;
  },
  floor: (context) =>
    meanOverWindows(context, (window) => {
      const { ids, tokens } = context.capture;
      const { first, keys } = visibleRow(tokens - 1, window);
      let copies = 0;
      for (let key = first; key < tokens - 1; key++) copies += Number(ids[key] === context.predicted);
      return copies / keys;
    }),
};
