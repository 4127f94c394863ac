import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../base/app-error.ts';
import type { Frame } from '../contract/frames.ts';
import { decodeFrame, encodeFrame, MAX_DEPTH } from './codec.ts';

const result = (value: unknown): Frame => ({ type: 'result', id: 7, result: value });
const roundTrip = (value: unknown): unknown => (decodeFrame(encodeFrame(result(value))) as { result: unknown }).result;

const typedArray = fc.oneof(
  fc.float32Array(),
  fc.float64Array(),
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);
const key = fc
  .oneof(fc.string(), fc.constantFrom('$', '$$', '$x', 'toString'))
  // The matcher itself reads `constructor`.
  .filter((k) => k !== '__proto__' && k !== 'constructor');
const payload = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, NaN, Infinity, -Infinity, -0),
    fc.double(),
    fc.integer(),
    fc.string({ unit: 'binary' }),
    typedArray,
    fc.array(tie('node')),
    fc.dictionary(key, tie('node'), { noNullPrototype: true }),
  ),
})).node;

/** A message around a head of any content. */
function messageOf(head: unknown, blobBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof head === 'string' ? head : JSON.stringify(head));
  const message = new Uint8Array(Math.ceil((4 + json.length) / 8) * 8 + blobBytes);
  new DataView(message.buffer).setUint32(0, json.length, true);
  message.set(json, 4);
  return message;
}
const blob = (byteLength: number, dtype = 'float32', byteOffset = 0): unknown => ({ dtype, byteOffset, byteLength });

describe('codec', () => {
  it('gives back every payload that it takes', () => {
    fc.assert(
      fc.property(payload, (value) => {
        expect(roundTrip(value)).toStrictEqual(value);
      }),
    );
  });

  it('aligns blobs and copies them, also from a message at an odd address', () => {
    const frame = result([new Uint8Array([1, 2, 3]), new Float64Array([Math.PI])]);
    const message = encodeFrame(frame);
    const shifted = new Uint8Array(message.length + 3).subarray(3);
    shifted.set(message);
    const decoded = decodeFrame(shifted);
    shifted.fill(0);
    expect(decoded).toStrictEqual(frame);
  });

  it('writes only the elements of a view, and a Buffer as its bytes', () => {
    const array = roundTrip(new Float32Array([1, 2, 3, 4]).subarray(1, 3)) as Float32Array;
    expect([...array, array.buffer.byteLength]).toEqual([2, 3, 8]);
  });

  it('leaves out undefined properties', () => {
    expect(roundTrip({ a: undefined, b: 1 })).toStrictEqual({ b: 1 });
  });

  it.each([
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['undefined in an array', [undefined]],
    ['a hole in an array', Array(1)],
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a DataView', new DataView(new ArrayBuffer(8))],
    ['an own __proto__', JSON.parse('{"__proto__": 1}')],
  ])('refuses %s as a bug that names the place', (_what, value: unknown) => {
    const attempt = (): unknown => encodeFrame(result({ deep: value }));
    expect(attempt).toThrow(/frame\.result\.deep/);
    expect(attempt).not.toThrow(AppError);
  });

  it('refuses cycles instead of exhausting the stack', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => encodeFrame(result(cycle))).toThrow(/nested deeper/);
  });
});

describe('decodeFrame on hostile input', () => {
  const refuses = (message: Uint8Array, words: RegExp): void => {
    expect(() => decodeFrame(message)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    expect(() => decodeFrame(message)).toThrow(words);
  };
  const frame = (value: unknown): unknown => ({ type: 'result', id: 1, result: value });

  it.each([
    ['nothing', new Uint8Array(0), /shorter/],
    ['a head length past the end', new Uint8Array([200, 0, 0, 0, 1, 2]), /more than there are/],
    ['a huge head length', new Uint8Array([255, 255, 255, 255, 1, 2]), /claims 4294967295/],
    ['no JSON', messageOf('{"frame":'), /not JSON/],
    ['invalid UTF-8', new Uint8Array([2, 0, 0, 0, 0xff, 0xfe, 0, 0]), /not JSON/],
    ['a list as head', messageOf([]), /not an object/],
    ['no blob table', messageOf({ frame: frame(1) }), /blob table/],
    ['an unknown dtype', messageOf({ frame: frame({ $: 0 }), blobs: [blob(8, 'constructor')] }, 8), /dtype/],
    ['a blob past the end', messageOf({ frame: frame({ $: 0 }), blobs: [blob(16)] }, 8), /past the end/],
    ['a negative length', messageOf({ frame: frame({ $: 0 }), blobs: [blob(-8)] }, 8), /valid length/],
    ['a fractional length', messageOf({ frame: frame({ $: 0 }), blobs: [blob(4.5)] }, 8), /valid length/],
    ['half an element', messageOf({ frame: frame({ $: 0 }), blobs: [blob(6)] }, 8), /whole number/],
    ['a misplaced blob', messageOf({ frame: frame({ $: 0 }), blobs: [blob(4, 'float32', 4)] }, 8), /begin/],
    ['overlapping blobs', messageOf({ frame: frame([{ $: 0 }, { $: 1 }]), blobs: [blob(8), blob(8)] }, 8), /begin/],
    ['bytes that no blob describes', messageOf({ frame: frame(1), blobs: [] }, 8), /bytes of blobs/],
    ['a reference to no blob', messageOf({ frame: frame({ $: 3 }), blobs: [] }), /not there/],
    ['a fractional reference', messageOf({ frame: frame({ $: 0.5 }), blobs: [] }), /not there/],
    ['two references to one blob', messageOf({ frame: frame([{ $: 0 }, { $: 0 }]), blobs: [blob(8)] }, 8), /twice/],
    ['an unclaimed blob', messageOf({ frame: frame(1), blobs: [blob(8)] }, 8), /nothing refers/],
    ['an unknown tag', messageOf({ frame: frame({ $: 'toString' }), blobs: [] }), /no known kind/],
    ['a tag with company', messageOf({ frame: frame({ $: 'NaN', more: 1 }), blobs: [] }), /no known kind/],
    ['a reserved key', messageOf({ frame: frame({ $x: 1 }), blobs: [] }), /reserved/],
    [
      '__proto__',
      messageOf('{"frame":{"type":"result","id":1,"result":{"__proto__":{"a":1}}},"blobs":[]}'),
      /__proto__/,
    ],
    [
      'a deep head',
      messageOf(`{"frame":${'['.repeat(1e5)}${']'.repeat(1e5)},"blobs":[]}`),
      new RegExp(`than ${MAX_DEPTH}`),
    ],
    ['an unknown frame', messageOf({ frame: { type: 'toString' }, blobs: [] }), /no frame/],
    ['a frame without its fields', messageOf({ frame: { type: 'result', id: -1, result: 0 }, blobs: [] }), /“result”/],
  ])('refuses %s', (_what, message, words) => refuses(message, words));

  it('answers random bytes and flipped bits with bad-request or a frame, never otherwise', () => {
    const good = encodeFrame(result({ a: new Float32Array([1, 2]), b: [NaN, { c: 'text' }] }));
    const flipped = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })
      .map((flips) => {
        const copy = good.slice();
        for (const [at, mask] of flips) copy[at]! ^= mask;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), flipped), (bytes) => {
        try {
          expect(decodeFrame(bytes)).toHaveProperty('type');
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-request' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
