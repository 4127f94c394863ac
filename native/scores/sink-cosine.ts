import { groupOf } from '../../shared/model/head-id.ts';
import { rowsThatSee, strongestSink } from '../sinks/importance.ts';
import { MeanCosines, sliceOf } from '../sinks/norms.ts';
import { needsTokens, type Score } from './score.ts';

/** A few milliseconds. */
const BLOCK_ROWS = 8192;

export const sinkCosine: Score = {
  info: {
    id: 'sink-cosine',
    name: 'Cosine at the sink',
    group: 'sinks',
    unit: 'cosine',
    definition:
      'Cosine of the rotated query with the rotated key of the head’s strongest sink, averaged over the rows that see it. The angle carries a sink, not the length of its key. The strongest sink is the position of the largest importance, of the first and those that at least 16 rows see.',
    source: 'Gu et al. 2024 (arXiv 2410.10781), section 3.3',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: null,
    domain: [-1, 1],
  },
  notApplicable: (context) => needsTokens(context, 2),
  async compute({ capture, architecture }, layer, head, _parameters, _pass, breathe) {
    const { tokens } = capture;
    const { heads, kvHeads, headDim, slidingWindow } = architecture;
    const { columnSum, q, k } = capture.layers[layer]!;
    const window = slidingWindow[layer] ?? null;
    const start = strongestSink(columnSum, { start: head, end: head + 1 }, tokens, window);
    if (start === -1) return NaN;
    const end = start + rowsThatSee(start, tokens, window);
    const cosines = new MeanCosines(q, sliceOf(head, heads, headDim), [{ start, end }]);
    for (let row = start; row < end; row += BLOCK_ROWS) {
      cosines.advance(Math.min(end, row + BLOCK_ROWS));
      await breathe();
    }
    return cosines.of(k, start, sliceOf(groupOf(head, heads, kvHeads), kvHeads, headDim), start, end);
  },
};
