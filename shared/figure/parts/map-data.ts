/** The texels of one map, or of a part of it, fetched tile by tile when they are drawn. */
import { CancelledError } from '../../base/app-error.ts';
import type { Tile } from '../../contract/methods.ts';
import { formatHead, sameHead, type HeadId } from '../../model/head-id.ts';
import type { RunSummary } from '../../model/run.ts';
import { TILE_SIZE, topLevel, type TileReducer, type TileValue } from '../../tensor/tile.ts';
import type { Extent } from '../../view/map/map-colours.ts';
import { tileEnds } from '../../view/map/tile-ends.ts';
import type { FigureJob } from '../source.ts';

/** Queries `rowStart` to `rowEnd` - 1, keys `keyStart` to `keyEnd` - 1. */
export interface MapRegion {
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly keyStart: number;
  readonly keyEnd: number;
}

export interface MapQuestion {
  readonly run: Pick<RunSummary, 'runId' | 'ids'>;
  readonly head: HeadId;
  readonly minus: { readonly run: Pick<RunSummary, 'runId'>; readonly head: HeadId } | undefined;
  readonly value: TileValue;
  readonly reducer: TileReducer;
  /** First keys that are masked, and whether rows are divided by what is left of them. */
  readonly skipKeys: number;
  readonly renormalise: boolean;
  /** Whole texels of the level. */
  readonly region: MapRegion;
  readonly level: number;
  /** In the place of the run's own tiles. */
  readonly ask?: (place: TilePlace) => Promise<Tile>;
}

export interface TilePlace {
  readonly level: number;
  readonly tileRow: number;
  readonly tileColumn: number;
}

export interface MapData {
  readonly level: number;
  readonly region: MapRegion;
  readonly rows: number;
  readonly columns: number;
  /** All texels, [rows, columns], where they are not too many to hold. */
  readonly values: Float32Array | undefined;
  /** Texels of rows `start` to `end` - 1, [end - start, columns]; NaN = masked. */
  readonly read: (start: number, end: number) => Promise<Float32Array>;
  /** Over the coarsest level, which covers the whole map. */
  overview(): Promise<Extent | undefined>;
  /** Over the texels of the region, without those of some keys. */
  extent(withoutKeys: readonly number[]): Promise<Extent | undefined>;
}

/** Grown to whole texels: the ends may lie past those asked for, and past the end of the prompt. */
export function wholeTexels({ rowStart, rowEnd, keyStart, keyEnd }: MapRegion, level: number): MapRegion {
  const side = 2 ** level;
  const down = (index: number) => Math.floor(index / side) * side;
  const up = (index: number) => Math.ceil(index / side) * side;
  return { rowStart: down(rowStart), rowEnd: up(rowEnd), keyStart: down(keyStart), keyEnd: up(keyEnd) };
}

/**
 * The finest level at which a stored run has a map: that of its overview where there are no tensors. A value that it
 * does not have is asked for all the same, so that the answer says so.
 */
export function finestLevel({ stored }: RunSummary, head: HeadId, value: TileValue, reducer: TileReducer): number {
  if (!stored || stored.tensors) return 0;
  const maps = stored.maps.filter((map) => sameHead(map, head) && map.value === value);
  return (maps.find((map) => map.reducer === reducer) ?? maps[0])?.level ?? 0;
}

/** Rows that are looked through at once. */
const STRIP_ROWS = 256;

/** Whether any texel has no cell that its query sees: in the future, or past a sliding window. */
export async function hasMasked({ rows, read }: Pick<MapData, 'rows' | 'read'>): Promise<boolean> {
  for (let start = 0; start < rows; start += STRIP_ROWS) {
    const values = await read(start, Math.min(rows, start + STRIP_ROWS));
    if (values.some((value) => Number.isNaN(value))) return true;
  }
  return false;
}

const AT_ONCE = 4;
const HELD_TILES = 256;
const HELD_TEXELS = 2 ** 21;

export async function loadMap(question: MapQuestion, job: FigureJob): Promise<MapData> {
  const { region, level } = question;
  const side = 2 ** level;
  const [firstRow, firstColumn] = [region.rowStart / side, region.keyStart / side];
  const [rows, columns] = [(region.rowEnd - region.rowStart) / side, (region.keyEnd - region.keyStart) / side];
  const tiles = new TileReader(question, job);

  async function read(start: number, end: number): Promise<Float32Array> {
    const values = new Float32Array((end - start) * columns).fill(NaN);
    const [top, bottom] = [firstRow + start, firstRow + end];
    for (let tileRow = Math.floor(top / TILE_SIZE); tileRow * TILE_SIZE < bottom; tileRow++) {
      const [from, to] = [Math.max(top, tileRow * TILE_SIZE), Math.min(bottom, (tileRow + 1) * TILE_SIZE)];
      for (const { tileColumn, tile } of await tiles.row(tileRow, firstColumn, firstColumn + columns)) {
        const left = Math.max(firstColumn, tileColumn * TILE_SIZE);
        const right = Math.min(firstColumn + columns, (tileColumn + 1) * TILE_SIZE);
        for (let row = from; row < to; row++) {
          const at = (row - tileRow * TILE_SIZE) * TILE_SIZE + left - tileColumn * TILE_SIZE;
          values.set(tile.values.subarray(at, at + right - left), (row - top) * columns + left - firstColumn);
        }
      }
    }
    return values;
  }

  const values = rows * columns <= HELD_TEXELS ? await read(0, rows) : undefined;
  return {
    level,
    region,
    rows,
    columns,
    values,
    read: (start, end) =>
      values ? Promise.resolve(values.subarray(start * columns, end * columns)) : read(start, end),
    overview: async () => {
      const tile = await tiles.tile(0, 0, topLevel(question.run.ids.length));
      return tile.min <= tile.max ? [tile.min, tile.max] : undefined;
    },
    async extent(withoutKeys) {
      let [min, max] = [Infinity, -Infinity];
      for (let tileRow = Math.floor(firstRow / TILE_SIZE); tileRow * TILE_SIZE < firstRow + rows; tileRow++) {
        for (const { tileColumn, tile } of await tiles.row(tileRow, firstColumn, firstColumn + columns)) {
          const ends = tileEnds(tile, withoutKeys, level, tileColumn);
          // NaN ends fail both comparisons.
          if (ends.min < min) min = ends.min;
          if (ends.max > max) max = ends.max;
        }
      }
      return min <= max ? [min, max] : undefined;
    },
  };
}

interface PlacedTile {
  readonly tileColumn: number;
  readonly tile: Tile;
}

/** Asks for tiles and remembers the latest. */
class TileReader {
  readonly #question: MapQuestion;
  readonly #job: FigureJob;
  readonly #held = new Map<string, Tile>();
  #asked = 0;

  constructor(question: MapQuestion, job: FigureJob) {
    this.#question = question;
    this.#job = job;
  }

  /** Tiles of a row that hold any of the texel columns and can hold visible cells. */
  async row(tileRow: number, firstColumn: number, endColumn: number): Promise<readonly PlacedTile[]> {
    const first = Math.floor(firstColumn / TILE_SIZE);
    // To the right of the diagonal all keys lie in the future.
    const last = Math.min(Math.ceil(endColumn / TILE_SIZE) - 1, tileRow);
    const count = Math.max(0, last - first + 1);
    const placed: PlacedTile[] = [];
    // A few at a time: the window asks the same engine.
    for (let begin = 0; begin < count; begin += AT_ONCE) {
      const columns = Array.from({ length: Math.min(AT_ONCE, count - begin) }, (_, index) => first + begin + index);
      const level = this.#question.level;
      const asked = columns.map(async (tileColumn) => ({
        tileColumn,
        tile: await this.tile(tileRow, tileColumn, level),
      }));
      placed.push(...(await Promise.all(asked)));
    }
    return placed;
  }

  async tile(tileRow: number, tileColumn: number, level: number): Promise<Tile> {
    const { head, ask } = this.#question;
    const id = `${level}/${tileRow}/${tileColumn}`;
    const held = this.#held.get(id);
    if (held) return held;
    const { source, signal, progress } = this.#job;
    if (signal.aborted) throw new CancelledError();
    const place = { level, tileRow, tileColumn };
    const tile = await (ask ? ask(place) : this.#ofRun(source, place));
    progress({ phase: `Reading the map of ${formatHead(head)}`, done: ++this.#asked, total: 0, etaMs: null });
    this.#held.set(id, tile);
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= HELD_TILES) break;
      this.#held.delete(oldest);
    }
    return tile;
  }

  #ofRun(source: FigureJob['source'], place: TilePlace): Promise<Tile> {
    const { run, head, minus, value, reducer, skipKeys, renormalise } = this.#question;
    return source.ask('run.tile', {
      runId: run.runId,
      ...head,
      ...place,
      value,
      reducer,
      skipKeys,
      renormalise,
      ...(minus ? { minus: { runId: minus.run.runId, ...minus.head } } : {}),
    });
  }
}
