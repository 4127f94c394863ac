import { detectMatched } from './tl-matched.ts';
import { earlierCopies } from './token-matches.ts';

export const tlDuplicate = detectMatched(
  {
    id: 'tl-duplicate',
    name: 'Duplicate token (detect_head)',
    definition: 'Share of all attention that lies on earlier copies of the query’s token, over all rows.',
  },
  (context, without) => earlierCopies(context, !without.bos),
);
