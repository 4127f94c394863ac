import { describe, expect, it } from 'vitest';
import { encodePng, pngPieces, type PngInfo } from './png-file.ts';
import { readPng } from './testing/read-png.ts';

const info: PngInfo = {
  width: 3,
  height: 4,
  channels: 3,
  pixelsPerInch: 300,
  texts: [['Software', 'Headscope, “µ”']],
};
const pixels = Uint8Array.from({ length: 36 }, (_, index) => (index < 18 ? index * 7 : index % 9));

async function* inPieces(rows: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < pixels.length; at += rows * 9) yield await Promise.resolve(pixels.slice(at, at + rows * 9));
}

describe('a PNG file', () => {
  it('gives its pixels back, whatever the pieces they came in', async () => {
    const whole = await encodePng(info, inPieces(4));
    expect([...readPng(whole).pixels]).toEqual([...pixels]);
    for (const rows of [1, 2, 3]) expect(await encodePng(info, inPieces(rows))).toEqual(whole);
  });

  it('knows its size in print and its texts', async () => {
    const { chunks } = readPng(await encodePng(info, inPieces(2)));
    const named = new Map(chunks);
    expect(named.get('pHYs')!.readUInt32BE(0)).toBe(11811);
    expect(named.get('iTXt')!.toString('utf8')).toBe('Software\0\0\0\0\0Headscope, “µ”');
  });

  it('refuses another number of rows than it said', async () => {
    await expect(encodePng({ ...info, height: 5 }, inPieces(2))).rejects.toThrow('5 rows');
    await expect(encodePng({ ...info, width: 5 }, inPieces(2))).rejects.toThrow('no whole rows');
  });

  it('ends its rows when nobody reads on', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;)
          yield await Promise.resolve(new Uint8Array(9 * 4096).map((_, index) => Math.imul(index, index + 7919) >>> 5));
      } finally {
        ended = true;
      }
    }
    let pieces = 0;
    for await (const piece of pngPieces({ ...info, height: 2 ** 30 }, endless()))
      if (piece.length > 1000 && ++pieces > 1) break;
    await expect.poll(() => ended).toBe(true);
  });
});
