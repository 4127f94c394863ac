import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixRgb, parseHex, toHex } from './rgb.ts';

const channel = fc.integer({ min: 0, max: 255 });
const anyRgb = fc.record({ r: channel, g: channel, b: channel });

describe('rgb', () => {
  it('reads short and long hex, and refuses the rest', () => {
    expect(parseHex('#abc')).toEqual({ r: 0xaa, g: 0xbb, b: 0xcc });
    expect(parseHex(' #16191f')).toEqual({ r: 0x16, g: 0x19, b: 0x1f });
    expect(parseHex('red')).toBeUndefined();
  });

  it('writes what it reads', () => {
    fc.assert(
      fc.property(anyRgb, (colour) => {
        expect(parseHex(toHex(colour))).toEqual(colour);
      }),
    );
  });

  it('mixes from one end to the other', () => {
    const [black, white] = [
      { r: 0, g: 0, b: 0 },
      { r: 255, g: 255, b: 255 },
    ];
    expect(mixRgb(black, white, 0)).toEqual(black);
    expect(mixRgb(black, white, 1)).toEqual(white);
  });
});
