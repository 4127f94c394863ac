/**
 * What a head does, in words, each with the numbers that say so. Heads have several roles, so these are labels and not
 * classes. Sinks are taken out before anything is said of reach: mass on keys that heads rest on is evidence of resting
 * and of nothing else.
 */
import type { ScoreTable } from './score.ts';

export const HEAD_KINDS = [
  'retrieval',
  'induction',
  'duplicate',
  'previous',
  'self',
  'local',
  'long-range',
  'diffuse',
  'streaming',
  'sink-resting',
  'sink-dormant',
  'inactive',
] as const;
export type HeadKind = (typeof HEAD_KINDS)[number];

/** `over` and `under` are strict. */
export type EvidenceSide = 'over' | 'at-least' | 'under';

export interface KindEvidence {
  /** Id of the score. */
  readonly score: string;
  readonly value: number;
  readonly side: EvidenceSide;
  readonly threshold: number;
  /** Of uniform attention; null where there is none. */
  readonly floor: number | null;
  /** Name of the probe set or file that the value is from; undefined: of the prompt on screen. */
  readonly origin: string | undefined;
  /** How many prompts the value is a mean over; undefined: it is of one prompt. */
  readonly prompts: number | undefined;
}

/** A table that kinds are told from, and where it is from, as `KindEvidence` has it. */
export type KindTable = ScoreTable & Partial<Pick<KindEvidence, 'origin'>>;

export interface HeadKindLabel {
  readonly kind: HeadKind;
  /** At least one. */
  readonly evidence: readonly KindEvidence[];
}

export interface KindRule {
  readonly name: string;
  readonly meaning: string;
  /** Where the threshold comes from. */
  readonly source: string;
  /** Any of them is enough. */
  readonly scores: readonly string[];
  readonly side: EvidenceSide;
  readonly threshold: number;
  /** Whether uniform attention must not get there either: short prompts put their floors over some thresholds. */
  readonly aboveFloor: boolean;
}

const JOB_SOURCE = 'Thresholds in use: Olsson et al. 2022 for induction, ours for the other stripes';
const OURS = 'Ours';

/** The one table of thresholds. `long-range` and `sink-dormant` ask for more: see `headKinds`. */
export const HEAD_KIND_RULES: Readonly<Record<HeadKind, KindRule>> = {
  retrieval: {
    name: 'Retrieval',
    meaning: 'Copies needle tokens while the model answers with them.',
    source: 'Wu et al. 2024, section 3.1',
    scores: ['retrieval'],
    side: 'at-least',
    threshold: 0.1,
    aboveFloor: true,
  },
  induction: {
    name: 'Induction',
    meaning: 'Attends to what followed the earlier copy of the token.',
    source: JOB_SOURCE,
    scores: ['induction'],
    side: 'over',
    threshold: 0.35,
    aboveFloor: true,
  },
  duplicate: {
    name: 'Duplicate token',
    meaning: 'Attends to the earlier copy of the token.',
    source: JOB_SOURCE,
    scores: ['duplicate'],
    side: 'over',
    threshold: 0.3,
    aboveFloor: true,
  },
  previous: {
    name: 'Previous token',
    meaning: 'Attends to the token just before.',
    source: JOB_SOURCE,
    scores: ['previous'],
    side: 'over',
    threshold: 0.5,
    aboveFloor: true,
  },
  self: {
    name: 'Self',
    meaning: 'Attends to its own position.',
    source: JOB_SOURCE,
    scores: ['self'],
    side: 'over',
    threshold: 0.5,
    aboveFloor: true,
  },
  local: {
    name: 'Local',
    meaning: 'Of the attention that does not rest on the sink, nearly all is on the last 32 tokens.',
    source: OURS,
    scores: ['local-32-sink-free'],
    side: 'over',
    threshold: 0.8,
    aboveFloor: true,
  },
  'long-range': {
    name: 'Long range',
    meaning: 'Attends to keys that are neither sinks nor recent, and what it finds there changes what it writes.',
    source: OURS,
    scores: ['streaming-mass'],
    side: 'over',
    threshold: 0.3,
    aboveFloor: true,
  },
  diffuse: {
    name: 'Diffuse',
    meaning: 'Spreads its attention nearly evenly over everything it sees.',
    source: OURS,
    scores: ['entropy-normalised'],
    side: 'over',
    threshold: 0.85,
    // Uniform attention is what it looks for.
    aboveFloor: false,
  },
  streaming: {
    name: 'Streaming',
    meaning: 'Writes nearly the same when it sees no more than the sink and the last tokens.',
    source: OURS,
    scores: ['streaming'],
    side: 'under',
    threshold: 0.1,
    aboveFloor: false,
  },
  'sink-resting': {
    name: 'Sink-resting',
    meaning: 'Rests on a sink when it has nothing to do.',
    source: 'Importance of Gu et al. 2024 with the threshold of Barbero et al. 2025',
    scores: ['sink-importance', 'sink', 'hidden-sinks'],
    side: 'over',
    threshold: 0.8,
    aboveFloor: true,
  },
  'sink-dormant': {
    name: 'Dormant',
    meaning: 'Rests on a sink and shows no other job in any score that was computed.',
    source: 'As sink-resting, with the thresholds of the jobs',
    scores: ['sink-importance', 'sink', 'hidden-sinks'],
    side: 'over',
    threshold: 0.8,
    aboveFloor: true,
  },
  inactive: {
    name: 'Inactive',
    meaning: 'Writes less than half of what the heads of its layer write on average.',
    source: 'Average head output norm over the layer mean, arXiv 2504.03889: cut stable at 0.44 to 0.47',
    scores: ['output-norm'],
    side: 'under',
    threshold: 0.45,
    aboveFloor: false,
  },
};

/** Ids of every score that kinds are told from: what to compute before they are asked for. */
export const KIND_SCORES: readonly string[] = [
  ...new Set(Object.values(HEAD_KIND_RULES).flatMap(({ scores }) => scores)),
];

/** Jobs that a resting head may have beside its rest. */
const JOBS = ['retrieval', 'induction', 'duplicate', 'previous', 'self'] as const satisfies readonly HeadKind[];
/** Ids of the scores of jobs: a job that shows on any prompts is one, so tables of all origins count. */
export const JOB_SCORES: ReadonlySet<string> = new Set(JOBS.flatMap((job) => HEAD_KIND_RULES[job].scores));
/** Jobs that show only on a prompt made for them: without one of these nobody can say that a head has none. */
const PROBED_JOBS: readonly HeadKind[] = ['retrieval', 'induction'];

/**
 * Kinds of one head by the scores there are, in the order of `HEAD_KINDS`; of a score that is missing or not defined for
 * the head nothing is said. `tables`: of a score of a job any number, each of which is evidence by itself over its own
 * floor; of every other score at most one.
 */
export function headKinds(
  tables: readonly KindTable[],
  layer: number,
  head: number,
  shape: { readonly heads: number },
): readonly HeadKindLabel[] {
  const known = new Map<string, Known[]>();
  for (const { info, values, floor, parameters, origin, spread } of tables) {
    const value = values?.[layer * shape.heads + head];
    if (value === undefined || Number.isNaN(value)) continue;
    if (!isEvidence({ info, parameters })) continue;
    known.set(info.id, [...(known.get(info.id) ?? []), { value, floor, origin, prompts: spread?.prompts }]);
  }
  const labels: HeadKindLabel[] = [];
  for (const kind of HEAD_KINDS) {
    const evidence = evidenceOf(kind, known);
    if (evidence.length > 0) labels.push({ kind, evidence });
  }
  return labels;
}

/** What a table was computed with decides what it may speak for. */
function isEvidence({ info, parameters }: Pick<ScoreTable, 'info' | 'parameters'>): boolean {
  // Answers that were fed in show no head that the model answers with.
  if (info.badge === 'teacher-forced') return false;
  // Of another position it says nothing of where heads rest.
  if (info.id === 'sink-importance') return (parameters['position'] ?? 0) === 0;
  // Without a sink of its own the mask counts mass on the sink as mass outside.
  if (info.id === 'streaming-mass' || info.id === 'streaming') return (parameters['sink'] ?? 1) > 0;
  return true;
}

/** What one table says of the head. */
type Known = Pick<KindEvidence, 'value' | 'floor' | 'origin' | 'prompts'>;
/** By score. */
type AllKnown = ReadonlyMap<string, readonly Known[]>;

function evidenceOf(kind: HeadKind, known: AllKnown): readonly KindEvidence[] {
  switch (kind) {
    case 'long-range':
      return longRange(known);
    case 'sink-dormant':
      return dormant(known);
    default:
      return byRule(kind, known);
  }
}

function byRule(kind: HeadKind, known: AllKnown): KindEvidence[] {
  const { scores, side, threshold, aboveFloor } = HEAD_KIND_RULES[kind];
  return scores.flatMap((score) =>
    (known.get(score) ?? []).flatMap((found) => {
      const { value, floor } = found;
      if (aboveFloor && floor !== null && value <= floor) return [];
      return meets(value, side, threshold) ? [{ score, ...found, side, threshold }] : [];
    }),
  );
}

/** Mass outside sink and window may lie on sinks further on, so as much more is asked for as there is on those. */
function longRange(known: AllKnown): KindEvidence[] {
  const { scores, side, threshold, aboveFloor } = HEAD_KIND_RULES['long-range'];
  const outside = known.get(scores[0]!)?.[0];
  const hidden = known.get('hidden-sinks')?.[0]?.value;
  // What lies on hidden sinks has to be known: it must not pass for reach.
  if (outside === undefined || hidden === undefined || !meets(outside.value, side, threshold + hidden)) return [];
  if (aboveFloor && outside.floor !== null && outside.value <= outside.floor) return [];
  const evidence: KindEvidence[] = [{ score: scores[0]!, ...outside, side, threshold: threshold + hidden }];
  // Keys with hardly any value are no reach: what it writes must miss them.
  const deviation = known.get('streaming')?.[0];
  if (deviation === undefined) return evidence;
  const least = HEAD_KIND_RULES.streaming.threshold;
  if (deviation.value < least) return [];
  return [...evidence, { score: 'streaming', ...deviation, side: 'at-least', threshold: least }];
}

function dormant(known: AllKnown): KindEvidence[] {
  const resting = byRule('sink-dormant', known);
  if (resting.length === 0 || JOBS.some((job) => byRule(job, known).length > 0)) return [];
  if (!PROBED_JOBS.some((job) => HEAD_KIND_RULES[job].scores.some((score) => known.has(score)))) return [];
  const idle = JOBS.flatMap((job) =>
    HEAD_KIND_RULES[job].scores.flatMap((score) => {
      const { threshold } = HEAD_KIND_RULES[job];
      const under = (known.get(score) ?? []).filter(({ value }) => value < threshold);
      return under.map((found): KindEvidence => ({ score, ...found, side: 'under', threshold }));
    }),
  );
  return [...resting, ...idle];
}

function meets(value: number, side: EvidenceSide, threshold: number): boolean {
  switch (side) {
    case 'over':
      return value > threshold;
    case 'at-least':
      return value >= threshold;
    case 'under':
      return value < threshold;
  }
}
