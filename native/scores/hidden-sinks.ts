import type { ScoreParameters } from '../../shared/model/score.ts';
import { importance, LEAST_ROWS, mayBeSink, rowsThatSee, uniformImportances } from '../sinks/importance.ts';
import { needsTokens, type Score } from './score.ts';
import { meanOverWindows } from './uniform.ts';

/** Below it uniform attention gets over the usual thresholds. */
const LEAST_TOKENS = 32;

export const hiddenSinks: Score = {
  info: {
    id: 'hidden-sinks',
    name: 'Hidden sinks',
    group: 'sinks',
    unit: 'probability',
    definition:
      'Attention on sinks of the head past position 0: keys whose importance is over the threshold and which enough rows see. Averaged over all rows but the first.',
    source: 'Yu et al. 2024, Unveiling and Harnessing Hidden Attention Sinks (ACT, arXiv 2406.15765): threshold 0.1',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [
      {
        id: 'threshold',
        name: 'Threshold',
        meaning: 'Importance that a key has to have over for this head; 0.1 in ACT, 0.3 in Gu et al.',
        default: 0.1,
        min: 0,
        max: 1,
        integer: false,
      },
      {
        id: 'rows',
        name: 'Least rows',
        meaning:
          'Rows that have to see a key. Keys near the end are seen from near only, so a head with a wide local pattern seems to rest on them: raise this where that matters.',
        default: LEAST_ROWS,
        min: 1,
        max: 1e6,
        integer: true,
      },
    ],
    floor: 'the same of uniform attention, 0 unless the threshold is low',
    domain: [0, 1],
  },
  notApplicable: (context) => needsTokens(context, LEAST_TOKENS),
  compute({ capture, architecture }, layer, head, parameters) {
    const { columnSum } = capture.layers[layer]!;
    const window = architecture.slidingWindow[layer] ?? null;
    return massOnSinks(capture.tokens, window, parameters, importances(columnSum, head, capture.tokens, window));
  },
  floor: (context, parameters) =>
    meanOverWindows(context, (window) => {
      const { tokens } = context.capture;
      return massOnSinks(tokens, window, parameters, uniformImportances(tokens, window));
    }),
};

/** Of one head, [tokens]. */
function importances(columnSum: Float64Array, head: number, tokens: number, window: number | null): Float64Array {
  const values = new Float64Array(tokens);
  for (let position = 0; position < tokens; position++) {
    values[position] = importance(columnSum, head, position, tokens, window);
  }
  return values;
}

/** Of positions past the first that are over the threshold. */
function massOnSinks(
  tokens: number,
  window: number | null,
  parameters: ScoreParameters,
  ofPositions: Float64Array,
): number {
  const { threshold, rows } = parameters;
  let sum = 0;
  for (let position = 1; position < tokens && mayBeSink(position, tokens, window, rows); position++) {
    const value = ofPositions[position]!;
    // What is no number is no sink, and the sum none either.
    if (!(value <= threshold!)) sum += value * rowsThatSee(position, tokens, window);
  }
  return sum / (tokens - 1);
}
