import { describe, expect, it } from 'vitest';
import type { Tile } from '../../contract/methods.ts';
import { LUT_SIZE } from '../../colour/lut.ts';
import { METHOD_TILE_VALUES } from '../../model/method-views.ts';
import { colourTexels } from './colour-texels.ts';
import { colourWords, lutWords, mapColours, TINTED } from './map-colours.ts';
import { METHOD_TINTS, methodColours, TINT_OF, tintTile } from './method-map.ts';

const tile = (values: number[]): Tile => ({ values: Float32Array.from(values), min: 0, max: 1 });
const options = { reducer: 'max', scale: 'log', gamma: 1, excludeSinks: false, tokens: 64, theme: 'light' } as const;

describe('tints of maps under methods', () => {
  it('take the place of what is not read, and no part in the scale', () => {
    const tinted = tintTile(tile([0, 0.25, NaN, 0.5, 0]), tile([0, 1, NaN, 0.5, 1]), 'dropped');
    expect([...tinted.values]).toEqual([Math.fround(TINTED), 0.25, NaN, 0.5, 0]);
    expect([tinted.min, tinted.max]).toEqual([0, 0.5]);
  });

  it('take the place of what is read where only the rest has a value', () => {
    const tinted = tintTile(tile([0.25, 0, 0.125]), tile([0, 1, 0.75]), 'read');
    expect([...tinted.values]).toEqual([0.25, Math.fround(TINTED), 0.125]);
  });

  it('leave a tile without a value without ends', () => {
    const { min, max } = tintTile(tile([0, NaN]), tile([0, NaN]), 'dropped');
    expect([min, max]).toEqual([NaN, NaN]);
  });

  it('are no colour of the scale, whatever the value', () => {
    for (const theme of ['light', 'dark'] as const) {
      for (const value of METHOD_TILE_VALUES) {
        const extent = value === 'difference' ? ([-0.5, 0.5] as const) : ([0, 0.5] as const);
        const colours = mapColours({ ...methodColours(value, { ...options, theme }), shown: extent, overview: extent });
        const words = colourWords(colours);
        const into = new Uint32Array(5);
        colourTexels(Float32Array.of(TINTED, 0, -0.5, 1e-9, NaN), colours.steps, words, into);
        expect(into[4]).toBe(0);
        if (TINT_OF[value] === undefined) {
          expect(words).toEqual(lutWords(colours.map));
          continue;
        }
        const hex = [...new Uint8Array(into.buffer).slice(0, 3)].map((part) => part.toString(16).padStart(2, '0'));
        expect(`#${hex.join('')}`).toBe(METHOD_TINTS[TINT_OF[value]][theme]);
        expect([...words.slice(1)]).toEqual([...lutWords(colours.map).slice(1)]);
        expect(words).toHaveLength(LUT_SIZE);
        for (const other of into.slice(1, 4)) expect(other).toBe(words[1]);
      }
    }
  });
});
