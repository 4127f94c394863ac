import { needsTokens, type Score } from './score.ts';
import { SINK_POSITION } from './sink-position.ts';

export const sinkEffective: Score = {
  info: {
    id: 'sink-effective',
    name: 'Norm-weighted sink mass',
    group: 'sinks',
    unit: 'share',
    definition:
      'Attention on one key weighted by the norm of what its value writes (p x |v W_O|; or p x |v|), as a share of the same over all keys of the row; mean over the rows after it. A sink that takes much attention and writes nothing has little here. Rows that write nothing at all are left out.',
    source: 'Kobayashi et al. 2020, Attention is Not Only a Weight; Gu et al. 2024 (arXiv 2410.10781), section 3.3',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'pass',
    parameters: [
      SINK_POSITION,
      {
        id: 'space',
        name: 'Norm of',
        meaning: 'What the value writes into the residual, or the value itself, as Gu et al. have it.',
        default: 0,
        min: 0,
        max: 1,
        integer: true,
        choices: ['v after W_O', 'v itself'],
      },
    ],
    floor: null,
    domain: [0, 1],
  },
  notApplicable: (context, parameters) => needsTokens(context, parameters['position']! + 2),
  needs: (_, parameters) => ({
    valueWeighted: parameters['space'] === 1 ? 'head' : 'written',
    column: parameters['position']!,
  }),
  compute(context, layer, head, parameters, pass) {
    const { tokens } = context.capture;
    const window = context.architecture.slidingWindow[layer] ?? tokens;
    const position = parameters['position']!;
    const { column, valueWeighted, valueNorms } = pass;
    const own = valueNorms![head * tokens + position]!;
    let sum = 0;
    let rows = 0;
    for (let row = position + 1; row < Math.min(tokens, position + window); row++) {
      const all = valueWeighted![head * tokens + row]!;
      if (all <= 0) continue;
      sum += (column![head * tokens + row]! * own) / all;
      rows += 1;
    }
    return rows === 0 ? NaN : sum / rows;
  },
};
