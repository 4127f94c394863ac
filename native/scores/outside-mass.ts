import { LOCAL_WIDTHS, SINK_KEYS } from '../attention/statistics.ts';
import { needsTokens, type Score } from './score.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

export const outsideMass: Score = {
  info: {
    id: 'outside-mass',
    name: 'Far mass',
    group: 'shape',
    unit: 'probability',
    definition: `Attention on neither the first ${SINK_KEYS} keys nor the nearest ones: what sinks and neighbours leave for the rest of the context. Averaged over the rows for which the two do not overlap.`,
    source: 'Mass outside sink and window (Xiao et al. 2023, arXiv 2309.17453), at fixed widths',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [
      {
        id: 'width',
        name: 'Nearest keys',
        meaning: `How many keys count as near; by default the widest for which a quarter of the prompt’s rows at least is left.`,
        default: null,
        min: 0,
        max: LOCAL_WIDTHS.length - 1,
        integer: true,
        choices: LOCAL_WIDTHS.map(String),
      },
    ],
    floor: 'mean over rows of the share of visible keys that are neither',
    domain: [0, 1],
  },
  defaults({ capture }) {
    const fitting = LOCAL_WIDTHS.filter((width) => firstRow(width) <= 0.75 * capture.tokens);
    return { width: Math.max(0, fitting.length - 1) };
  },
  notApplicable: (context, parameters) => needsTokens(context, firstRow(widthOf(parameters)) + 1),
  compute(context, layer, head, parameters) {
    const { tokens, layers } = context.capture;
    const { sinkMass, localMass } = layers[layer]!;
    const near = (head * LOCAL_WIDTHS.length + parameters['width']!) * tokens;
    const from = firstRow(widthOf(parameters));
    let sum = 0;
    for (let row = from; row < tokens; row++) {
      // Rounding can leave less than nothing.
      sum += Math.max(0, 1 - sinkMass[head * tokens + row]! - localMass[near + row]!);
    }
    return sum / (tokens - from);
  },
  floor(context, parameters) {
    const width = widthOf(parameters);
    return uniformMean(context, firstRow(width), uniformOutside, width);
  },
};

function widthOf(parameters: Readonly<Record<string, number>>): number {
  return LOCAL_WIDTHS[parameters['width']!]!;
}

/** From here on no key is both first and near. */
function firstRow(width: number): number {
  return SINK_KEYS + width - 1;
}

function uniformOutside({ row, first, keys }: VisibleRow, width: number): number {
  const near = Math.min(width, keys);
  const sinks = Math.max(0, Math.min(SINK_KEYS, row - near + 1) - first);
  return (keys - near - sinks) / keys;
}
