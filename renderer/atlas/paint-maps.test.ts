import { expect, it } from 'vitest';
import { mapsLayout } from './maps-layout.ts';
import { paintMaps } from './paint-maps.ts';

function paint(pixelRatio: number, withSheet: boolean) {
  const calls: (readonly [name: string, ...rest: unknown[]])[] = [];
  const record =
    (name: string) =>
    (...rest: unknown[]) =>
      calls.push([name, ...rest]);
  const context = {
    canvas: { width: 100, height: 100 },
    imageSmoothingEnabled: true,
    ...Object.fromEntries(
      ['setTransform', 'clearRect', 'fillRect', 'drawImage', 'beginPath', 'moveTo', 'lineTo', 'fill'].map((name) => [
        name,
        record(name),
      ]),
    ),
  };
  paintMaps({
    context: context as unknown as CanvasRenderingContext2D,
    layout: mapsLayout({ widthPx: 316, layers: 24, heads: 14, brackets: true, size: 32, pixelRatio }),
    range: { firstLayer: 3, endLayer: 5, firstHead: 6, endHead: 8 },
    pixelRatio,
    sheet: withSheet ? ({} as HTMLCanvasElement) : undefined,
    size: 32,
    ground: '#111111',
    skeleton: '#222222',
  });
  const named = (name: string) => calls.filter(([called]) => called === name).map(([, ...rest]) => rest);
  return { context, named };
}

it.each([1, 2])('draws the cells of the range alone, each texel on whole pixels, at ratio %d', (ratio) => {
  const { context, named } = paint(ratio, true);
  expect(context.imageSmoothingEnabled).toBe(false);
  const [side, pitch] = [32 * ratio, 34 * ratio];
  expect(named('drawImage').map(([, ...rest]) => rest)).toEqual([
    [6 * 32, 3 * 32, 32, 32, 0, 0, side, side],
    [7 * 32, 3 * 32, 32, 32, pitch, 0, side, side],
    [6 * 32, 4 * 32, 32, 32, 0, pitch, side, side],
    [7 * 32, 4 * 32, 32, 32, pitch, pitch, side, side],
  ]);
  expect(named('fillRect')).toHaveLength(4);
});

it('draws the shape of a map in every cell until they are here', () => {
  const { named } = paint(1, false);
  expect(named('drawImage')).toEqual([]);
  expect(named('fill')).toHaveLength(4);
});
