import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.ts';

describe('base64', () => {
  it('writes the examples of RFC 4648', () => {
    const text = (letters: string) => encodeBase64(new TextEncoder().encode(letters));
    expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map(text)).toEqual([
      '',
      'Zg==',
      'Zm8=',
      'Zm9v',
      'Zm9vYg==',
      'Zm9vYmE=',
      'Zm9vYmFy',
    ]);
  });

  it('comes back byte by byte, and has four letters for three bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toMatch(/^[A-Za-z0-9+/]*={0,2}$/);
        expect(text).toHaveLength(4 * Math.ceil(bytes.length / 3));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
    expect(encodeBase64(Uint8Array.of(0xfb, 0xff, 0xbf))).toBe('+/+/');
  });

  it.each(['A', 'AA', 'AAA', '====', 'A===', 'A=A=', 'AA=A', 'AA A', 'AA-_', 'Zh==', 'Zm9=', 'é===', 'AA==AA=='])(
    'does not read “%s”',
    (text) => expect(decodeBase64(text)).toBeUndefined(),
  );
});
