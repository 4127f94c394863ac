/** Scores of `detect_head` whose pattern follows from the tokens. */
import type { ScoreInfo } from '../../shared/model/score.ts';
import type { Score, ScoreContext } from './score.ts';
import { detectScore, type Exclusions } from './tl-detect.ts';
import type { TokenMatch } from './token-matches.ts';
import { matchCounts, visibleRow } from './uniform.ts';

/** A pattern that the tokens tell. */
export function detectMatched(
  defined: Pick<ScoreInfo, 'id' | 'name' | 'definition'>,
  targets: (context: ScoreContext, without: Exclusions) => TokenMatch,
): Score {
  return detectScore(
    { ...defined, cost: 'pass' },
    (context, without) => {
      const { name, match, cells } = targets(context, without);
      const { tokens } = context.capture;
      return {
        cells,
        mass(_layer, head, pass) {
          const mass = pass.matches![name]!;
          let sum = 0;
          for (let at = head * tokens; at < (head + 1) * tokens; at++) sum += mass[at]!;
          return sum;
        },
        uniformMass: (window) =>
          matchCounts(match, window).reduce((sum, count, row) => sum + count / visibleRow(row, window).keys, 0),
      };
    },
    (context, without) => {
      const { name, match } = targets(context, without);
      return { matches: { [name]: match } };
    },
  );
}
