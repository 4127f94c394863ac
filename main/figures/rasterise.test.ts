import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import type { RasterSource, Scene, SceneNode } from '../../shared/figure/scene.ts';
import { findApp } from '../files/app-paths.ts';
import { openFonts } from './fonts.ts';
import { pixelSize, rasterise, type RasteriseOptions } from './rasterise.ts';

const fonts = await openFonts(findApp().fonts);
const signal = new AbortController().signal;

const label = (text: string, x: number, y: number, rotate = 0): SceneNode => ({
  kind: 'text',
  text,
  x,
  y,
  anchor: 'start',
  rotate,
  size: 8,
  family: 'sans',
  weight: 'normal',
  fill: '#1a1f26',
});

/** Texel (row, column) is (row, column, 7). */
function numbered(rows: number, columns: number): RasterSource & { readonly reads: (readonly [number, number])[] } {
  const reads: (readonly [number, number])[] = [];
  return {
    rows,
    columns,
    reads,
    read(start, end) {
      reads.push([start, end]);
      const texels = Array.from({ length: (end - start) * columns }, (_, at) => [
        start + Math.floor(at / columns),
        at % columns,
        7,
        255,
      ]);
      return Promise.resolve(Uint8Array.from(texels.flat()));
    },
  };
}

const scene: Scene = {
  width: 120,
  height: 90,
  background: '#ffffff',
  title: '',
  description: '',
  rasters: [{ x: 30, y: 20, width: 60, height: 60, source: numbered(9, 7) }],
  ramps: [{ x: 100, y: 20, width: 6, height: 60, lut: lutOf('viridis'), towards: 'up' }],
  nodes: [
    ...Array.from({ length: 6 }, (_, index) => label(`·token${index}g`, 2, 27 + index * 10)),
    label('sloped label', 40, 18, -35),
    {
      kind: 'group',
      name: 'axes',
      nodes: [{ kind: 'line', x1: 30, y1: 80, x2: 90, y2: 80, stroke: '#888888', width: 0.5 }],
    },
    {
      kind: 'polyline',
      points: [
        [30, 20],
        [42.3, 55.5],
        [90, 80],
      ],
      stroke: '#aa2200',
      width: 0.8,
      dash: [2, 3],
    },
    { kind: 'rect', x: 92, y: 40, width: 5, height: 17.3, fill: '#3355aa' },
    {
      kind: 'steps',
      points: [
        [10, 82],
        [10, 88.5],
        [25.3, 88.5],
        [25.3, 84.1],
        [40, 84.1],
        [40, 82],
      ],
      fill: '#226622',
    },
  ],
};

async function pixelsOf(of: Scene, options: Partial<RasteriseOptions> = {}): Promise<Buffer> {
  const strips: Uint8Array[] = [];
  for await (const strip of rasterise(of, { fonts, scale: 4, signal, ...options })) strips.push(strip);
  return Buffer.concat(strips);
}

describe('a scene as pixels', () => {
  it('is the same in strips of any height', async () => {
    const whole = await pixelsOf(scene, { stripRows: 10_000 });
    expect(whole.length).toBe(480 * 360 * 3);
    // 173 and 64 cut letters and lines; 1 cuts everything.
    for (const stripRows of [173, 64, 7, 1]) {
      const strips = await pixelsOf(scene, { stripRows });
      expect(strips.equals(whole), `strips of ${stripRows} rows`).toBe(true);
    }
  });

  it('is the same in strips at any scale', async () => {
    const bare = { ...scene, nodes: scene.nodes.filter(({ kind }) => kind !== 'polyline') };
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.7, max: 9, noNaN: true }),
        fc.integer({ min: 5, max: 200 }),
        async (scale, stripRows) => {
          const whole = await pixelsOf(bare, { scale, stripRows: 10_000 });
          expect((await pixelsOf(bare, { scale, stripRows })).equals(whole)).toBe(true);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('gives every texel its own colour and nothing between', async () => {
    const plain = { ...scene, nodes: [] };
    const pixels = await pixelsOf(plain, { stripRows: 50 });
    for (let row = 0; row < 9; row++) {
      for (let column = 0; column < 7; column++) {
        const [x, y] = [Math.floor(120 + ((column + 0.5) * 240) / 7), Math.floor(80 + ((row + 0.5) * 240) / 9)];
        const at = (y * 480 + x) * 3;
        expect([...pixels.subarray(at, at + 3)]).toEqual([row, column, 7]);
      }
    }
    const colours = new Set<string>();
    for (let at = 0; at < pixels.length; at += 3) {
      const x = (at / 3) % 480;
      if (x < 390) colours.add([...pixels.subarray(at, at + 3)].join());
    }
    expect(colours.size).toBe(1 + 63);
  });

  it('shows the colours of the bar from its low to its high end', async () => {
    const pixels = await pixelsOf({ ...scene, nodes: [] });
    const lut = lutOf('viridis');
    const at = (y: number) => [...pixels.subarray((y * 480 + 410) * 3, (y * 480 + 410) * 3 + 3)];
    expect(at(80)).toEqual(Object.values(sampleLut(lut, 1)));
    expect(at(319)).toEqual(Object.values(sampleLut(lut, 0)));
  });

  it('reads of a raster only the rows of a strip', async () => {
    const source = numbered(200, 4);
    await pixelsOf({ ...scene, rasters: [{ x: 0, y: 0, width: 20, height: 90, source }] }, { stripRows: 36 });
    expect(source.reads).toHaveLength(10);
    expect(source.reads.every(([start, end]) => end - start <= 21)).toBe(true);
  });

  it('draws lines of one width, wherever they lie', async () => {
    const lines = Array.from({ length: 9 }, (_, index): SceneNode => {
      const x = 5 + index * 10.37;
      return { kind: 'line', x1: x, y1: 10, x2: x, y2: 20, stroke: '#000000', width: 0.6 };
    });
    const pixels = await pixelsOf({ ...scene, rasters: [], ramps: [], nodes: lines }, { scale: 3 });
    const row = [...pixels.subarray(40 * 360 * 3, 41 * 360 * 3)].filter((_, at) => at % 3 === 0);
    expect(row.filter((value) => value === 0)).toHaveLength(9 * 2);
    expect(new Set(row)).toEqual(new Set([0, 255]));
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(pixelsOf(scene, { signal: controller.signal })).rejects.toThrow(CancelledError);
    expect(pixelSize({ width: 0.01, height: 10 }, 2)).toEqual({ width: 1, height: 20 });
  });
});
