/** Every score there is for the heads on screen, from all origins, in one list. Pure. */
import { JOB_SCORES, type KindTable } from '../../shared/model/head-kinds.ts';
import type { ScoreGroup, ScoreInfo, ScoreTable } from '../../shared/model/score.ts';
import type { OriginTables } from '../engine/data-keys.ts';
import type { ScoreOrigin } from '../state/scores-state.ts';

/**
 * `computable`: on demand, `how` says by what. `coming`: under way. `not-here`: does not apply, or needs other data, as
 * `reason` says.
 */
export type ScoreStatus = 'ready' | 'computable' | 'coming' | 'not-here';

export interface ScoreEntry {
  /** Names the score among all origins; the id of the score where it is of the run or the weights. */
  readonly key: string;
  readonly info: ScoreInfo;
  /** Undefined: of the run on screen or of the weights. */
  readonly origin: ScoreOrigin | undefined;
  readonly status: ScoreStatus;
  /** With values where the status is `ready`. */
  readonly table: ScoreTable | undefined;
  readonly reason: string | undefined;
  readonly how: 'further' | 'forwards' | 'weights' | 'probe' | undefined;
  /** Sinks are left out of what is shown, but not of this score. */
  readonly withSinks?: boolean;
}

export interface EntrySources {
  readonly list: readonly ScoreInfo[];
  /** Of the run, as it came with it. */
  readonly quick: readonly ScoreTable[];
  /** Of the run, asked for; they go before those that came with it. */
  readonly further: readonly ScoreTable[];
  readonly weights: readonly ScoreTable[];
  /** Which ways of computing are under way. */
  readonly coming: ReadonlySet<NonNullable<ScoreEntry['how']>>;
  /** Why there can be none of them now, or undefined. */
  readonly refused: Readonly<Partial<Record<NonNullable<ScoreEntry['how']>, string>>>;
  readonly origins: readonly { readonly origin: ScoreOrigin; readonly tables: OriginTables }[];
}

export function collectEntries(sources: EntrySources): readonly ScoreEntry[] {
  const { list, quick, further, weights, origins } = sources;
  const known = new Map([...quick, ...further, ...weights].map((table) => [table.info.id, table]));
  const listed = new Set(list.map(({ id }) => id));
  const own = [...list, ...[...known.values()].map(({ info }) => info).filter(({ id }) => !listed.has(id))];
  return [
    ...own.map((info) => ownEntry(info, known.get(info.id), sources)),
    ...origins.flatMap(({ origin, tables }) =>
      tables.tables.map((table): ScoreEntry => ({
        ...statusOf(table),
        key: `${origin.id}:${table.info.id}`,
        info: table.info,
        origin,
        table,
        how: undefined,
      })),
    ),
  ];
}

function ownEntry(info: ScoreInfo, table: ScoreTable | undefined, { coming, refused }: EntrySources): ScoreEntry {
  const entry = { key: info.id, info: table?.info ?? info, origin: undefined, table };
  const how = howOf(info);
  if (table) return { ...entry, ...statusOf(table), how: table.values === null && how === 'probe' ? how : undefined };
  if (how === 'probe') {
    return { ...entry, status: 'not-here', reason: NEEDS[info.data] ?? 'Needs a probe set.', how };
  }
  if (coming.has(how)) return { ...entry, status: 'coming', reason: undefined, how };
  const reason = refused[how];
  if (reason !== undefined) return { ...entry, status: 'not-here', reason, how: undefined };
  return { ...entry, status: 'computable', reason: undefined, how };
}

function statusOf({ values, notApplicable }: ScoreTable): Pick<ScoreEntry, 'status' | 'reason'> {
  return values
    ? { status: 'ready', reason: undefined }
    : { status: 'not-here', reason: notApplicable ?? 'There are no values.' };
}

const NEEDS: Readonly<Partial<Record<ScoreInfo['data'], string>>> = {
  needle: 'Needs answers: run a probe set with a needle.',
  choices: 'Needs questions with choices: run a probe set of them.',
};

function howOf({ cost, data }: ScoreInfo): NonNullable<ScoreEntry['how']> {
  if (data === 'needle' || data === 'choices') return 'probe';
  if (cost === 'weights') return 'weights';
  return cost === 'forwards' ? 'forwards' : 'further';
}

/** Telling scores first: what the atlas shows while the person has not chosen, or where the choice is not there. */
const PREFERRED = ['induction', 'previous', 'sink', 'entropy'];

/** The chosen score where it has values, else the most telling one that does. */
export function chooseEntry(entries: readonly ScoreEntry[], chosen: string | undefined): ScoreEntry | undefined {
  const ready = entries.filter(({ status }) => status === 'ready');
  return [chosen, ...PREFERRED]
    .map((key) => ready.find((entry) => entry.key === key))
    .concat(ready[0])
    .find((entry) => entry !== undefined);
}

/**
 * For naming kinds: every table of the scores of jobs, which show on prompts made for them; of any other score one, that
 * of the run or the weights, else of the origin that came last.
 */
export function tablesForKinds(entries: readonly ScoreEntry[]): readonly KindTable[] {
  const best = new Map<string, ScoreEntry>();
  for (const entry of entries) {
    if (entry.status !== 'ready') continue;
    const place = JOB_SCORES.has(entry.info.id) ? entry.key : entry.info.id;
    const before = best.get(place);
    if (!before || before.origin !== undefined) best.set(place, entry);
  }
  return [...best.values()].map(({ table, origin }) => (origin ? { ...table!, origin: origin.name } : table!));
}

/** `Induction`, or `Induction, Repeated random tokens` where it is of another origin. */
export function entryName({ info, origin }: Pick<ScoreEntry, 'info' | 'origin'>): string {
  return origin && origin.kind !== 'file' ? `${info.name}, ${origin.name}` : info.name;
}

export const GROUP_NAMES: Readonly<Record<ScoreGroup, string>> = {
  retrieval: 'Retrieval',
  streaming: 'Streaming',
  stripes: 'Stripes',
  sinks: 'Sinks',
  shape: 'Shape',
  weights: 'Weights',
  attribution: 'Attribution',
  imported: 'Imported',
};
