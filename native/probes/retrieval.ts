/** The retrieval score of a probe set, from what heads copied of each needle. */
import type { RetrievalDetail } from '../../shared/model/probe.ts';
import type { ScoreInfo, ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import { ALWAYS_FORCED, COUNT_EVENTS, RETRIEVAL, RETRIEVAL_FORCED, type RetrievalCopies } from '../scores/retrieval.ts';
import type { RetrievalSample } from '../tasks/run-retrieval.ts';

/** Needle tokens that the raster shows. */
const RASTER_TOKENS = 32;

export interface RetrievalScores {
  /** By sample; samples that the gate leaves out have no values. */
  readonly prompts: readonly ScoreTable[];
  readonly detail: RetrievalDetail;
}

/** Whether the right answer has to be fed in too, once the greedy one is known. `before`: the samples so far. */
export function needsForced(
  parameters: ScoreParameters,
  before: readonly (RetrievalSample | null)[],
  right: boolean,
): boolean {
  if (parameters['forced'] === ALWAYS_FORCED) return true;
  return !right && !before.some((sample) => sample?.right === true);
}

/** Null where a prompt has no needle. `heads`: layers x heads. */
export function retrievalScores(
  samples: readonly (RetrievalSample | null)[],
  parameters: ScoreParameters,
  heads: number,
): RetrievalScores {
  const known = samples.filter((sample) => sample !== null);
  const always = parameters['forced'] === ALWAYS_FORCED;
  const forced = always || (known.length > 0 && !known.some(({ right }) => right));
  const valuesOf = ({ positions, events }: RetrievalCopies): Float64Array =>
    parameters['count'] === COUNT_EVENTS ? events : positions;
  const counted = (sample: RetrievalSample): RetrievalCopies | null =>
    forced ? sample.forced : sample.right ? sample.free : null;
  const kind = forced ? RETRIEVAL_FORCED : RETRIEVAL;
  // Steps may hit a position again.
  const info: ScoreInfo = parameters['count'] === COUNT_EVENTS ? { ...kind, domain: [0, null] } : kind;
  const kept = known.map(counted).filter((copies) => copies !== null);
  return {
    prompts: samples.map((sample): ScoreTable => {
      const copies = sample && counted(sample);
      const notApplicable = sample === null ? 'The answer does not stand in the prompt once.' : 'Answered wrong.';
      const given = copies ? { values: valuesOf(copies), notApplicable: null } : { values: null, notApplicable };
      return { info, ...given, parameters, floor: null, spread: null };
    }),
    detail: {
      kept: kept.length,
      gate: gateOf(known.length, always, forced),
      activation: meanOver(kept, heads, ({ events }, head) => (events[head]! > 0 ? 1 : 0)),
      attempted: meanOver(
        known.map(({ free }) => free),
        heads,
        (copies, head) => valuesOf(copies)[head]!,
      ),
      raster: rasterOf(known, heads),
    },
  };
}

function gateOf(needles: number, always: boolean, forced: boolean): string {
  if (needles === 0) return 'no prompt holds its answer once';
  if (always) return 'the right answer was fed in';
  return forced ? 'none was right; the answer was fed in' : 'the greedy answer is right';
}

function rasterOf(samples: readonly RetrievalSample[], heads: number): RetrievalDetail['raster'] {
  const lengths = samples.map(({ free }) => free.hits.length / heads);
  const tokens = Math.min(RASTER_TOKENS, Math.max(0, ...lengths));
  const hits = new Float32Array(tokens * heads);
  for (let token = 0; token < tokens; token++) {
    const long = samples.filter((_, sample) => lengths[sample]! > token);
    for (let head = 0; head < heads; head++) {
      const at = token * heads + head;
      hits[at] = long.reduce((sum, { free }) => sum + free.hits[at]!, 0) / long.length;
    }
  }
  return { tokens, hits };
}

function meanOver(
  all: readonly RetrievalCopies[],
  heads: number,
  of: (copies: RetrievalCopies, head: number) => number,
): Float64Array {
  return Float64Array.from(
    { length: heads },
    (_, head) => all.reduce((sum, copies) => sum + of(copies, head), 0) / all.length,
  );
}
