/** Where the numbers of a figure come from: for its caption, and for files of its numbers. */
import type { Badge } from '../model/badge.ts';
import type { FinalNorm, Intervention } from '../model/intervention.ts';
import { formatIntervention } from '../model/intervention-text.ts';
import type { RunSummary } from '../model/run.ts';
import type { TileReducer, TileValue } from '../tensor/tile.ts';

export interface FigureOrigin {
  /** How the numbers came about: all that is not exact, or `exact`. */
  readonly badges: readonly Badge[];
  /** Of the runs that are drawn; empty where only the clean one is. */
  readonly interventions: readonly Intervention[];
  /** Of the runs with interventions; absent where it is recomputed. */
  readonly finalNorm?: FinalNorm;
  /** Execution providers that computed the runs. */
  readonly providers: readonly string[];
  /** Of maps. */
  readonly map?: OriginOfMap;
}

export type MapOrigin = FigureOrigin & { readonly map: OriginOfMap };

export interface OriginOfMap {
  readonly value: TileValue;
  readonly reducer: TileReducer;
  /** A texel covers 2^level x 2^level cells. */
  readonly level: number;
  /** `without key 0`; empty: with all keys. */
  readonly leftOut: string;
}

/**
 * @param runs whose numbers are drawn, those that are subtracted as well
 * @param also badges of the numbers themselves
 */
export function originOf(runs: readonly RunSummary[], also: readonly Badge[] = []): FigureOrigin {
  const badges = new Set([...runs.flatMap((run) => run.badges), ...also]);
  if (badges.size > 1) badges.delete('exact');
  const interventions = new Map(
    runs.flatMap((run) => run.interventions).map((intervention) => [formatIntervention(intervention), intervention]),
  );
  return {
    badges: [...badges],
    interventions: [...interventions.values()],
    ...(runs.some(({ finalNorm }) => finalNorm === 'frozen') ? { finalNorm: 'frozen' as const } : {}),
    providers: [...new Set(runs.map(({ provider }) => provider))],
  };
}

/** Of the maps of some runs. */
export function mapOrigin(runs: readonly RunSummary[], map: OriginOfMap): MapOrigin {
  return { ...originOf(runs, runs.some(isFromOverview) ? ['8-bit'] : []), map };
}

/** Whether maps of a run are read off the 8-bit overviews of a session. */
function isFromOverview({ stored }: RunSummary): boolean {
  return stored !== undefined && !stored.tensors;
}

/** What is not exact about the numbers. */
export function inexactBadges({ badges }: FigureOrigin): readonly Badge[] {
  return badges.filter((badge) => badge !== 'exact');
}

/** `Not exact: 8-bit.`; empty where all is. */
export function inexactText(origin: FigureOrigin): string {
  const inexact = inexactBadges(origin);
  return inexact.length > 0 ? `Not exact: ${inexact.join(', ')}.` : '';
}

/** Interventions that a caption names. */
const MOST_NAMED = 8;

/** `Interventions: L2H5=zero.`, with `; final norm frozen` where it is; empty without any. */
export function interventionsText({
  interventions,
  finalNorm,
}: Pick<FigureOrigin, 'interventions' | 'finalNorm'>): string {
  if (interventions.length === 0) return '';
  const shown = interventions.slice(0, MOST_NAMED).map(formatIntervention).join(', ');
  const more = interventions.length > MOST_NAMED ? ` and ${interventions.length - MOST_NAMED} more` : '';
  const norm = finalNorm === 'frozen' ? '; final norm frozen' : '';
  return `Interventions: ${shown}${more}${norm}.`;
}
