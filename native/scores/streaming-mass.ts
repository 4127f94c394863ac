import type { ScoreParameters } from '../../shared/model/score.ts';
import { meanOf, type Score } from './score.ts';
import {
  firstStreamingRow,
  needsHiddenKeys,
  STREAMING_PARAMETERS,
  streamingDefaults,
  streamingRequest,
} from './streaming-mask.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

export const streamingMass: Score = {
  info: {
    id: 'streaming-mass',
    name: 'Mass outside the window',
    group: 'streaming',
    unit: 'probability',
    definition:
      'Attention on what a streaming mask hides, that is, on neither the first keys nor the window; mean over the rows from which something is hidden. It explains a deviation, but also counts attention on values that are nothing, which changes no output.',
    source: 'Mask of StreamingLLM (Xiao et al. 2023, arXiv 2309.17453)',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'pass',
    parameters: STREAMING_PARAMETERS,
    floor: 'mean over rows of the share of visible keys that are hidden',
    domain: [0, 1],
  },
  defaults: streamingDefaults,
  notApplicable: needsHiddenKeys,
  needs: (_, parameters) => ({ streaming: streamingRequest(parameters, null) }),
  compute(context, _layer, head, parameters, pass) {
    const { keptMass } = pass.streaming!;
    const { tokens } = context.capture;
    const from = firstStreamingRow(parameters);
    return 1 - meanOf(keptMass, head * tokens + from, (head + 1) * tokens);
  },
  floor: (context, parameters) => uniformMean(context, firstStreamingRow(parameters), uniformHidden, parameters),
};

function uniformHidden({ row, first, keys }: VisibleRow, parameters: ScoreParameters): number {
  const near = Math.min(keys, parameters['window']!);
  const sinks = Math.max(0, Math.min(parameters['sink']!, row - near + 1) - first);
  return (keys - near - sinks) / keys;
}
