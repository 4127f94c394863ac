import { describe, expect, it } from 'vitest';
import { overviewOf, placeTiles, visibleTiles, wantedTiles, type TileQuad } from './place-tiles.ts';
import { TileCache } from './tile-cache.ts';

describe('which tiles', () => {
  const plot = { width: 600, height: 600 };

  it('asks for nothing above the diagonal', () => {
    const tiles = visibleTiles({ key: 0, query: 0, cellPx: 600 / 2048 }, plot, 2048, 0);
    expect(tiles).toHaveLength(36);
    expect(tiles.every((tile) => tile.tileColumn <= tile.tileRow)).toBe(true);
  });

  it('asks only for what is in view, nearest to its centre first', () => {
    const tiles = visibleTiles({ key: 300, query: 1100, cellPx: 2 }, plot, 2048, 0);
    expect(tiles[0]).toEqual({ level: 0, tileRow: 4, tileColumn: 1 });
    expect(new Set(tiles.map((tile) => tile.tileRow))).toEqual(new Set([4, 5]));
    expect(new Set(tiles.map((tile) => tile.tileColumn))).toEqual(new Set([1, 2]));
  });

  it('wants the overview first, every tile once, and a ring last', () => {
    const wanted = wantedTiles({ key: 300, query: 1100, cellPx: 2 }, plot, 2048, 0);
    expect(wanted[0]).toEqual(overviewOf(2048));
    expect(new Set(wanted.map((tile) => JSON.stringify(tile))).size).toBe(wanted.length);
    expect(wanted.length).toBeGreaterThan(5);
    expect(wantedTiles({ key: 0, query: 0, cellPx: 56 }, { width: 56, height: 56 }, 1, 0)).toEqual([overviewOf(1)]);
  });
});

describe('where tiles stand', () => {
  const tile = { values: new Float32Array(65536), min: 0, max: 1 };
  const picture = {
    runId: 'r',
    layer: 0,
    head: 0,
    value: 'probability',
    reducer: 'max',
    skipKeys: 0,
    renormalise: false,
    tokens: 1000,
  } as const;
  const key = 'r 0 0 probability max 0 1000';

  async function place(canDraw: (id: string) => boolean): Promise<TileQuad[]> {
    const cache = new TileCache({ budgetBytes: 1e9, concurrency: 99, schedule: (run) => run() });
    const viewport = { key: 0, query: 0, cellPx: 1 };
    const plot = { x: 10.4, y: 20, width: 600, height: 600 };
    const never = () => Promise.reject(new Error());
    const source = { tile: () => Promise.resolve(tile), cell: never, region: never, token: never };
    cache.want(source, picture, wantedTiles(viewport, plot, 1000, 0));
    await new Promise((resolve) => setTimeout(resolve));
    return placeTiles({
      cache,
      picture: key,
      viewport,
      plot,
      tokens: 1000,
      level: 0,
      pixelRatio: 1.5,
      canDraw: ({ id }) => canDraw(id),
    });
  }

  it('side by side, without seam or overlap', async () => {
    const quads = await place(() => true);
    expect(quads).toHaveLength(6);
    const at = (x: number, y: number) => quads.find((quad) => quad.sourceX === 0 && quad.x === x && quad.y === y)!;
    const first = at(0, 0);
    expect(first.width).toBe(384);
    expect(at(0, first.height)).toBeDefined();
    expect(at(first.width, first.height)).toBeDefined();
  });

  it('with a part of the coarser one where the best cannot be drawn yet', async () => {
    const quads = await place((id) => id.endsWith('/2/0/0'));
    expect(quads).toHaveLength(6);
    expect(quads.every(({ id }) => id.endsWith('/2/0/0'))).toBe(true);
    expect(quads.find(({ sourceX, sourceY }) => sourceX === 64 && sourceY === 64)).toMatchObject({
      columns: 64,
      rows: 64,
      width: 384,
    });
    expect(await place(() => false)).toEqual([]);
  });
});
