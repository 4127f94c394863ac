import { afterEach, expect, it, vi } from 'vitest';
import { sheetOf } from './map-sheet.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const grid = { layers: 2, heads: 2 };
const miniatures = { size: 2, tokens: 2, values: new Float32Array(16) };

it('the sheet of small maps is coloured once for a run', () => {
  const put = vi.fn();
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({
    createImageData: (width: number, height: number) => ({ data: new Uint8ClampedArray(width * height * 4) }),
    putImageData: put,
  } as unknown as CanvasRenderingContext2D);
  const sheet = sheetOf(miniatures, grid)!;
  expect([sheet.width, sheet.height]).toEqual([4, 4]);
  expect(sheetOf(miniatures, grid)).toBe(sheet);
  expect(put).toHaveBeenCalledOnce();
  expect(sheetOf({ ...miniatures }, grid)).not.toBe(sheet);
});
