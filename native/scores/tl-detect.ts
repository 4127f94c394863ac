/**
 * TransformerLens's `detect_head`: how much of a head's attention lies on a pattern of zeros and ones (`mul`), or how
 * little the two differ (`abs`). Every row counts, also those without a target, so values compare only on one prompt.
 */
import type { ScoreInfo, ScoreParameter, ScoreParameters } from '../../shared/model/score.ts';
import { DISTANCE_BINS } from '../attention/statistics.ts';
import type { LayerPass, PassRequest } from './layer-pass.ts';
import { needsTokens, type Score, type ScoreContext } from './score.ts';
import { meanOverWindows, visibleRow } from './uniform.ts';

const flag = (id: string, name: string, meaning: string): ScoreParameter => ({
  id,
  name,
  meaning,
  default: 0,
  min: 0,
  max: 1,
  integer: true,
  choices: ['no', 'yes'],
});

const PARAMETERS: readonly ScoreParameter[] = [
  {
    id: 'measure',
    name: 'Measure',
    meaning:
      'mul: share of the attention that lies on the pattern. abs: 1 minus the mean over rows of |attention - pattern|, rounded to three digits as there.',
    default: 0,
    min: 0,
    max: 1,
    integer: true,
    choices: ['mul', 'abs'],
  },
  flag('exclude-bos', 'Without key 0', 'Leaves out the first column, as exclude_bos.'),
  flag(
    'exclude-current',
    'Without the diagonal',
    'Leaves out attention on the own position, as exclude_current_token.',
  ),
];

/** What a pattern tells of the cells that are not left out. */
export interface DetectPattern {
  /** Cells with a 1. */
  readonly cells: number;
  /** Attention on them, summed over rows. */
  readonly mass: (layer: number, head: number, pass: LayerPass) => number;
  /** The same of uniform attention in a layer with this window. */
  readonly uniformMass: (window: number) => number;
}

export interface Exclusions {
  readonly bos: boolean;
  readonly current: boolean;
}

export function detectScore(
  defined: Pick<ScoreInfo, 'id' | 'name' | 'definition' | 'cost'>,
  pattern: (context: ScoreContext, without: Exclusions) => DetectPattern,
  needs?: (context: ScoreContext, without: Exclusions) => PassRequest,
): Score {
  return {
    info: {
      ...defined,
      group: 'stripes',
      unit: 'share',
      source: 'TransformerLens, head_detector.py, detect_head',
      badge: 'exact',
      granularity: 'head',
      data: 'text',
      parameters: PARAMETERS,
      floor: 'the same of uniform attention',
      domain: [0, 1],
    },
    variant: (parameters) => (parameters['measure'] === 1 ? { domain: [null, 1] } : {}),
    notApplicable: (context) => needsTokens(context, 2),
    ...(needs && {
      needs: (context: ScoreContext, parameters: ScoreParameters) => needs(context, exclusions(parameters)),
    }),
    compute(context, layer, head, parameters, pass) {
      const without = exclusions(parameters);
      const { tokens, layers } = context.capture;
      const { columnSum, distance } = layers[layer]!;
      // Every row holds 1; the cell (0, 0) lies in the first column and on the diagonal.
      const all =
        tokens -
        (without.bos ? columnSum[head * tokens]! : 0) -
        (without.current ? distance[head * DISTANCE_BINS]! : 0) +
        (without.bos && without.current ? 1 : 0);
      const { cells, mass } = pattern(context, without);
      return measured(parameters, tokens, all, mass(layer, head, pass), cells);
    },
    floor(context, parameters) {
      const without = exclusions(parameters);
      const { tokens } = context.capture;
      const found = pattern(context, without);
      return meanOverWindows(context, (window) =>
        measured(parameters, tokens, uniformLeft(tokens, window, without), found.uniformMass(window), found.cells),
      );
    },
  };
}

/** Uniform attention on what is not left out, summed over rows. */
function uniformLeft(tokens: number, window: number, without: Exclusions): number {
  let all = 0;
  for (let row = 0; row < tokens; row++) {
    const { first, keys } = visibleRow(row, window);
    const left = Number(without.bos && first === 0) + Number(without.current);
    all += Math.max(0, keys - (row === 0 ? Math.min(1, left) : left)) / keys;
  }
  return all;
}

function exclusions(parameters: ScoreParameters): Exclusions {
  return { bos: parameters['exclude-bos'] === 1, current: parameters['exclude-current'] === 1 };
}

function measured(parameters: ScoreParameters, rows: number, all: number, mass: number, cells: number): number {
  // A head that attends to nothing but what is left out has no share.
  if (parameters['measure'] !== 1) return all > 0 ? mass / all : NaN;
  const difference = all - mass + (cells - mass);
  return 1 - Math.round((difference / rows) * 1000) / 1000;
}
