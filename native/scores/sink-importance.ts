import { importance, uniformImportances } from '../sinks/importance.ts';
import { needsTokens, type Score } from './score.ts';
import { SINK_POSITION } from './sink-position.ts';
import { meanOverWindows } from './uniform.ts';

export const sinkImportance: Score = {
  info: {
    id: 'sink-importance',
    name: 'Sink importance',
    group: 'sinks',
    unit: 'probability',
    definition:
      'Attention on one key, averaged over all rows that see it, its own included. Over 0.3 (or 0.8, or 0.1, by author) a head is said to rest there. Falls with the length of the prompt: read it beside its floor.',
    source: 'Gu et al. 2024, When Attention Sink Emerges in Language Models (arXiv 2410.10781), section 3.1',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [SINK_POSITION],
    floor: 'mean over rows of 1 / visible keys; H(n) / n for position 0 of n tokens',
    domain: [0, 1],
  },
  notApplicable: (context, parameters) => needsTokens(context, Math.max(2, parameters['position']! + 1)),
  compute({ capture, architecture }, layer, head, parameters) {
    const window = architecture.slidingWindow[layer] ?? null;
    return importance(capture.layers[layer]!.columnSum, head, parameters['position']!, capture.tokens, window);
  },
  floor: (context, parameters) =>
    meanOverWindows(context, (window) => uniformImportances(context.capture.tokens, window)[parameters['position']!]!),
};
