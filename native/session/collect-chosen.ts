/** Gathers what a session keeps of single heads: profiles, token rows, overviews of maps. */
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import { formatHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { StoredHead, StoredMap, StoredRun, StoredTokenRow } from '../../shared/session/stored-run.ts';
import type { CapturedMaps } from '../engine/captured-maps.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';

export type StoreChoice = Pick<ParsedParamsOf<'run.store'>, 'heads' | 'tokenRows' | 'maps'>;
export type ChosenParts = Pick<StoredRun, 'heads' | 'tokenRows' | 'maps'>;

/** What a map costs beside a profile or a row, about. */
const MAP_WORK = 20;

/** Adds the chosen ones to those that are held already, each once. Throws `CancelledError`. */
export async function collectChosen(
  maps: CapturedMaps,
  choice: StoreChoice,
  held: ChosenParts,
  job: Job,
): Promise<ChosenParts> {
  const checkpoint = new Checkpoint(job, choice.heads.length + choice.tokenRows.length + MAP_WORK * choice.maps.length);
  const pass = async (what: string, head: HeadId, work = 1) => {
    checkpoint.phase = `${what} of ${formatHead(head)}`;
    await checkpoint.pass(work);
  };

  const heads: StoredHead[] = [...held.heads];
  for (const { layer, head } of choice.heads) {
    await pass('Profile', { layer, head });
    if (heads.some((other) => sameHead(other, { layer, head }))) continue;
    heads.push({ layer, head, profile: await maps.head({ layer, head }, job.signal) });
  }
  const tokenRows: StoredTokenRow[] = [...held.tokenRows];
  for (const { layer, head, index } of choice.tokenRows) {
    await pass('Token row', { layer, head });
    if (tokenRows.some((other) => sameHead(other, { layer, head }) && other.index === index)) continue;
    tokenRows.push({ layer, head, index, attention: maps.token({ layer, head }, index) });
  }
  const overviews: StoredMap[] = [...held.maps];
  for (const map of choice.maps) {
    await pass('Map', map, MAP_WORK);
    const isSame = (other: StoredMap) =>
      sameHead(other, map) && other.value === map.value && other.reducer === map.reducer;
    if (!overviews.some(isSame)) overviews.push(await maps.overview(map, job.signal));
  }
  return { heads, tokenRows, maps: overviews };
}
