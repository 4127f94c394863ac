/** Everything that the engine answers about a run, for comparing a live run with a stored one. */
import { createHash } from 'node:crypto';
import type { CallContext } from '../../shared/contract/handlers.ts';
import type { RunSummary } from '../../shared/contract/methods.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { TILE_REDUCERS, TILE_VALUES, tilesPerSide, topLevel, type TileKey } from '../../shared/tensor/tile.ts';
import type { Engine } from '../public/engine.ts';

export const quiet: CallContext = { signal: new AbortController().signal, progress: () => undefined };

export function allHeads({ layers, heads }: Pick<ModelInfo, 'layers' | 'heads'>): HeadId[] {
  return Array.from({ length: layers * heads }, (_, i) => ({ layer: Math.floor(i / heads), head: i % heads }));
}

/** Every tile of a map in every value and by every reducer, with and without its first keys. */
export function allTiles(tokens: number): TileKey[] {
  const keys: TileKey[] = [];
  for (let level = 0; level <= topLevel(tokens); level++) {
    for (let tileRow = 0; tileRow < tilesPerSide(tokens, level); tileRow++) {
      for (let tileColumn = 0; tileColumn <= tileRow; tileColumn++) {
        for (const value of TILE_VALUES) {
          for (const reducer of TILE_REDUCERS) {
            for (const skipKeys of [0, 1, 2]) keys.push({ level, tileRow, tileColumn, value, reducer, skipKeys });
          }
        }
      }
    }
  }
  return keys;
}

/** An answer with its arrays as digests of their bytes: equal only where every bit is. */
function digest(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return `${value.constructor.name} ${createHash('sha1').update(bytes).digest('hex')}`;
  }
  if (Array.isArray(value)) return value.map(digest);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, digest(inner)]));
}

/** Of the given heads; `minus` is subtracted from the first of them. Arrays are digests of their bytes. */
export async function runAnswers(
  { handlers }: Engine,
  { runId, ids }: Pick<RunSummary, 'runId' | 'ids'>,
  heads: readonly HeadId[],
  minus: HeadId & { readonly runId: string },
): Promise<unknown[]> {
  const n = ids.length;
  const middle = Math.floor(n / 2);
  const answers: unknown[] = [
    ['scores', await handlers['run.scores']({ runId }, quiet)],
    ['miniatures', await handlers['run.miniatures']({ runId }, quiet)],
  ];
  const region = { rowStart: middle, rowEnd: n, keyStart: 0, keyEnd: n };
  for (const { layer, head } of heads) {
    const place = { runId, layer, head };
    answers.push(['head', await handlers['run.head'](place, quiet)]);
    answers.push(['token', await handlers['run.token']({ ...place, index: middle }, quiet)]);
    answers.push(['cell', await handlers['run.cell']({ ...place, query: middle, key: middle }, quiet)]);
    answers.push(['region', await handlers['run.region']({ ...place, ...region }, quiet)]);
    for (const key of allTiles(n)) answers.push([key, await handlers['run.tile']({ ...place, ...key }, quiet)]);
  }
  const difference = { value: 'probability', reducer: 'max', tileRow: 0, tileColumn: 0, skipKeys: 0 } as const;
  for (let level = 0; level <= topLevel(n); level++) {
    const params = { runId, ...heads[0]!, ...difference, level, minus };
    answers.push(['difference', await handlers['run.tile'](params, quiet)]);
  }
  return answers.map(digest);
}
