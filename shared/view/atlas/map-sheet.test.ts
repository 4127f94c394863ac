import { describe, expect, it } from 'vitest';
import { LUT_SIZE } from '../../colour/lut.ts';
import { LOG_FLOOR } from '../../colour/value-scale.ts';
import { lutWords } from '../map/map-colours.ts';
import { colourSheet, fits, MAPS_COLOURS } from './map-sheet.ts';

const words = lutWords('viridis');
const top = words[LUT_SIZE - 1]!;
const upper = words[Math.round((LUT_SIZE - 1) * 0.75)]!;
const bottom = words[0]!;
const grid = { layers: 2, heads: 2 };
// One value a head, so that its place can be told.
const values = Float32Array.from([1, 0.1, LOG_FLOOR, 0].flatMap((value) => [value, NaN, value, value]));
const miniatures = { size: 2, tokens: 2, values };

describe('colours of the small maps', () => {
  it('has the big map’s colours: viridis over log probability', () => {
    expect(MAPS_COLOURS).toMatchObject({ map: 'viridis', scale: { kind: 'log', lo: LOG_FLOOR, hi: 1 } });
  });

  it('puts the map of each head where its cell is, with masked texels transparent', () => {
    const sheet = new Uint32Array(16).fill(7);
    colourSheet(miniatures, grid, MAPS_COLOURS, sheet);
    expect([...sheet]).toEqual([
      ...[top, 0, upper, 0],
      ...[top, top, upper, upper],
      ...[bottom, 0, bottom, 0],
      ...[bottom, bottom, bottom, bottom],
    ]);
  });

  it('is not made of the maps of another model', () => {
    expect(fits(miniatures, grid)).toBe(true);
    expect(fits(miniatures, { layers: 2, heads: 4 })).toBe(false);
  });
});
