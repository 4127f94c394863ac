import type { Score } from './score.ts';
import {
  firstStreamingRow,
  needsHiddenKeys,
  STREAMING_PARAMETERS,
  streamingDefaults,
  streamingRequest,
} from './streaming-mask.ts';

/** Under the norm of an output, so that one that is nothing deviates by nothing. */
const EPSILON = 1e-9;

export const streaming: Score = {
  info: {
    id: 'streaming',
    name: 'Streaming deviation',
    group: 'streaming',
    unit: 'share of the output',
    definition:
      'How far the head’s output moves, after W_O and relative to its norm, where it sees no more than the first keys and a window; mean over the rows from which something is hidden. 0: the head can stream. A head that looks far gets 0 too where the values there are nothing.',
    source:
      'Layer-local deviation under the mask of DuoAttention (Xiao et al. 2024, arXiv 2410.10819), of StreamingLLM (arXiv 2309.17453)',
    badge: 'layer-local',
    granularity: 'head',
    data: 'text',
    cost: 'pass',
    parameters: [
      ...STREAMING_PARAMETERS,
      {
        id: 'space',
        name: 'Compared',
        meaning: 'What the head writes into the residual, or its output before W_O.',
        default: 0,
        min: 0,
        max: 1,
        integer: true,
        choices: ['after W_O', 'before W_O'],
      },
    ],
    floor: null,
    domain: [0, 1],
  },
  defaults: streamingDefaults,
  notApplicable: needsHiddenKeys,
  needs: (_, parameters) => ({
    streaming: streamingRequest(parameters, parameters['space'] === 0 ? 'written' : 'head'),
  }),
  compute(context, _layer, head, parameters, pass) {
    const { norms, deviation } = pass.streaming!;
    const { tokens } = context.capture;
    const from = firstStreamingRow(parameters);
    let sum = 0;
    for (let at = head * tokens + from; at < (head + 1) * tokens; at++) sum += deviation[at]! / (norms[at]! + EPSILON);
    return sum / (tokens - from);
  },
};
