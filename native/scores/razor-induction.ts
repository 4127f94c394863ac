import { razorScore } from './razor.ts';
import { afterCopies } from './token-matches.ts';

export const razorInduction = razorScore(
  {
    id: 'razor-induction',
    name: 'Induction, all copies',
    definition:
      'On a sequence that occurs twice or more: attention on the tokens that follow all earlier copies of the query’s token, averaged over the rows that have one. 1 = nothing else.',
  },
  (context) => afterCopies(context),
);
