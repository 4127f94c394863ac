/** Scores of `detect_head` whose pattern follows from the tokens. */
import type { ScoreInfo } from '../../shared/model/score.ts';
import { sumOf, type Score, type ScoreContext } from './score.ts';
import { detectScore, type Exclusions } from './tl-detect.ts';
import type { TokenMatch } from './token-matches.ts';
import { uniformMatchMass } from './uniform.ts';

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
        mass: (_layer, head, pass) => sumOf(pass.matches![name]!, head * tokens, (head + 1) * tokens),
        uniformMass: (window) => uniformMatchMass(match, window),
      };
    },
    (context, without) => {
      const { name, match } = targets(context, without);
      return { matches: { [name]: match } };
    },
  );
}
