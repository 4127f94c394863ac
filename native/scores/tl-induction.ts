import { detectMatched } from './tl-matched.ts';
import { afterCopies } from './token-matches.ts';

export const tlInduction = detectMatched(
  {
    id: 'tl-induction',
    name: 'Induction (detect_head)',
    definition:
      'Share of all attention that lies on the tokens after earlier copies of the query’s token, over all rows; an ideal induction head on a sequence that occurs twice gets less than 1/2.',
  },
  // The first column holds no target anyway.
  (context, without) => afterCopies(context, !without.current),
);
