import { describe, expect, it } from 'vitest';
import { fillQuad } from './canvas-surface.ts';
import type { TileQuad } from './place-tiles.ts';

describe('a tile on pixels', () => {
  const texels = Uint32Array.from({ length: 65536 }, (_, index) => index);
  const quad = { sourceX: 2, sourceY: 1, columns: 2, rows: 2, x: -1, y: 1, width: 4, height: 4 } as TileQuad;

  it('covers them evenly, and nothing outside the picture', () => {
    const into = new Uint32Array(4 * 4);
    fillQuad(quad, texels, into, { width: 4, height: 4 });
    const [a, b, c, d] = [258, 259, 514, 515] as const;
    expect([...into]).toEqual([0, 0, 0, 0, a, b, b, 0, a, b, b, 0, c, d, d, 0]);
  });

  it('is not there where it lies outside', () => {
    const into = new Uint32Array(16);
    fillQuad({ ...quad, x: 9 }, texels, into, { width: 4, height: 4 });
    expect(into.every((word) => word === 0)).toBe(true);
  });
});
