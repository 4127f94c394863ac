import { razorScore } from './razor.ts';
import { earlierCopies } from './token-matches.ts';

export const echo = razorScore(
  {
    id: 'echo',
    name: 'Echo',
    definition:
      'On a sequence that occurs twice or more: attention on all earlier copies of the query’s token, averaged over the rows that have one. 1 = nothing else.',
  },
  (context) => earlierCopies(context),
);
