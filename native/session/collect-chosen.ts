/** Gathers what a session keeps of single heads: profiles, token rows, overviews of maps. */
import { AppError } from '../../shared/base/app-error.ts';
import { formatHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import type { CapturedMaps } from '../engine/captured-maps.ts';
import type { RunView } from '../engine/run-view.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import type { StoreChoice } from './store-choice.ts';

export type ChosenParts = Pick<StoredRun, 'heads' | 'tokenRows' | 'maps' | 'differences'>;

/** What a map costs beside a profile or a row, about. */
const MAP_WORK = 20;

export const NOTHING: ChosenParts = { heads: [], tokenRows: [], maps: [] };

export interface ChosenSource {
  readonly maps: CapturedMaps;
  /** Differences from it are left out where its maps cannot be computed. */
  readonly clean: RunView | null;
  /** What is kept in any case. */
  readonly kept: ChosenParts;
  /** What was collected before, which is not computed again. */
  readonly known: ChosenParts;
}

/** What is kept in any case, then what is chosen and can be had, each once. Throws `CancelledError`. */
export async function collectChosen(
  { maps, clean, kept, known }: ChosenSource,
  choice: StoreChoice,
  job: Job,
): Promise<ChosenParts> {
  const wanted = choice.differences.filter(({ minus }) => minus.run === 'same' || clean?.hasMaps === true);
  const work = choice.heads.length + choice.tokenRows.length + MAP_WORK * (choice.maps.length + wanted.length);
  const checkpoint = new Checkpoint(job, work);
  /** One kind of parts; `isSame` tells whether a part is that of a place. */
  const collect = async <Place extends HeadId, Part>(
    what: string,
    cost: number,
    [places, keptParts, knownParts]: readonly [readonly Place[], readonly Part[], readonly Part[]],
    isSame: (part: Part, place: Place) => boolean,
    compute: (place: Place) => Part | Promise<Part>,
  ): Promise<Part[]> => {
    const parts = [...keptParts];
    for (const place of places) {
      checkpoint.phase = `${what} of ${formatHead(place)}`;
      await checkpoint.pass(cost);
      if (parts.some((part) => isSame(part, place))) continue;
      const part = knownParts.find((known) => isSame(known, place)) ?? (await unlessNone(() => compute(place)));
      if (part !== undefined) parts.push(part);
    }
    return parts;
  };
  const differences = await collect(
    'Difference',
    MAP_WORK,
    [wanted, kept.differences ?? [], known.differences ?? []],
    (part, place) =>
      sameHead(part, place) &&
      part.reducer === place.reducer &&
      sameHead(part.minus, place.minus) &&
      part.minus.run === place.minus.run,
    (place) => {
      const { minus } = place;
      return maps.difference(place, minus.run === 'same' ? maps.mapOf(minus) : clean!.mapOf(minus), job.signal);
    },
  );
  return {
    heads: await collect('Profile', 1, [choice.heads, kept.heads, known.heads], sameHead, async ({ layer, head }) => ({
      layer,
      head,
      profile: await maps.head({ layer, head }, job.signal),
    })),
    tokenRows: await collect(
      'Token row',
      1,
      [choice.tokenRows, kept.tokenRows, known.tokenRows],
      (part, place) => sameHead(part, place) && part.index === place.index,
      async ({ layer, head, index }) => {
        const attention = await maps.token({ layer, head }, index, job.signal);
        return { layer, head, index, attention };
      },
    ),
    maps: await collect(
      'Map',
      MAP_WORK,
      [choice.maps, kept.maps, known.maps],
      (part, place) => sameHead(part, place) && part.value === place.value && part.reducer === place.reducer,
      (place) => maps.overview(place, job.signal),
    ),
    ...(differences.length > 0 ? { differences } : {}),
  };
}

/** Undefined for a head that has no map in this run, or none that can be recomputed. */
async function unlessNone<T>(compute: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await compute();
  } catch (error) {
    if (error instanceof AppError && (error.code === 'no-map' || error.code === 'not-stored')) return undefined;
    throw error;
  }
}
