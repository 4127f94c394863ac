/** RazorAttention's scores on a repeated sequence: mass on all earlier copies, or on what follows them. */
import type { ScoreInfo, ScoreParameter } from '../../shared/model/score.ts';
import { needsRepeat } from './repeat.ts';
import type { Score, ScoreContext } from './score.ts';
import type { TokenMatch } from './token-matches.ts';
import { meanOverWindows, uniformMatchMass } from './uniform.ts';

const GROUP: ScoreParameter = {
  id: 'group',
  name: 'Value of',
  meaning: 'Each query head, or the largest of its KV group, by which RazorAttention chooses what to keep.',
  default: 0,
  min: 0,
  max: 1,
  integer: true,
  choices: ['query head', 'largest of the KV group'],
};

export function razorScore(
  defined: Pick<ScoreInfo, 'id' | 'name' | 'definition'>,
  targets: (context: ScoreContext) => TokenMatch,
): Score {
  return {
    info: {
      ...defined,
      group: 'stripes',
      unit: 'probability',
      source:
        'RazorAttention (Tang et al. 2024, arXiv 2407.15891), per row that has targets instead of over all cells, and targets by token',
      badge: 'exact',
      granularity: 'head',
      data: 'repeat',
      cost: 'pass',
      parameters: [GROUP],
      floor: 'mean over rows of targets / visible keys',
      domain: [0, 1],
    },
    variant: ({ group }) => (group === 1 ? { granularity: 'kv-group' } : {}),
    notApplicable: needsRepeat,
    needs(context) {
      const { name, match } = targets(context);
      return { matches: { [name]: match } };
    },
    compute(context, _layer, head, { group }, pass) {
      const { heads, kvHeads } = context.architecture;
      const { tokens } = context.capture;
      const { name, rows } = targets(context);
      const mass = pass.matches![name]!;
      if (group !== 1) return meanOfRows(mass, head * tokens, rows);
      const size = heads / kvHeads;
      const start = head - (head % size);
      return Math.max(...Array.from({ length: size }, (_, i) => meanOfRows(mass, (start + i) * tokens, rows)));
    },
    floor(context) {
      const { match, rows } = targets(context);
      // Rows without a target add nothing.
      return meanOverWindows(context, (window) => uniformMatchMass(match, window) / rows.length);
    },
  };
}

/** `at`: of row 0. */
function meanOfRows(mass: Float32Array, at: number, rows: readonly number[]): number {
  let sum = 0;
  for (const row of rows) sum += mass[at + row]!;
  return sum / rows.length;
}
