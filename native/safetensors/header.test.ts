import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { parseSafetensorsHeader, PREFIX_BYTES, readHeaderLength } from './header.ts';

const DATA = 64;

function parse(header: unknown, dataBytes = DATA): ReturnType<typeof parseSafetensorsHeader> {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  return parseSafetensorsHeader(json, PREFIX_BYTES + json.length + dataBytes, 'model.safetensors');
}

function prefix(length: bigint): Uint8Array {
  const bytes = new Uint8Array(PREFIX_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

function failure(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

const f32 = (shape: number[], begin: number, end: number): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('parseSafetensorsHeader', () => {
  it('gives offsets from the start of the file, in the order of the header', () => {
    const header = {
      __metadata__: { format: 'pt' },
      b: f32([2, 4], 16, 48),
      a: f32([4], 0, 16),
      empty: f32([0, 9], 8, 8),
    };
    const start = PREFIX_BYTES + JSON.stringify(header).length;
    const { tensors, metadata } = parse(header);
    expect([...tensors]).toEqual([
      ['b', { dtype: 'F32', shape: [2, 4], begin: start + 16, end: start + 48 }],
      ['a', { dtype: 'F32', shape: [4], begin: start, end: start + 16 }],
      ['empty', { dtype: 'F32', shape: [0, 9], begin: start + 8, end: start + 8 }],
    ]);
    expect(metadata.get('format')).toBe('pt');
  });

  it('takes a scalar, sub-byte elements that fill bytes, and trailing blanks', () => {
    const header = JSON.stringify({ s: f32([], 0, 4), q: { dtype: 'F6_E2M3', shape: [4], data_offsets: [4, 7] } });
    expect(parse(`${header}    `).tensors.size).toBe(2);
  });

  it.each<[string, unknown, RegExp]>([
    ['invalid JSON', '{"a":', /not valid JSON/],
    ['no object', '[1]', /a list where an object was expected/],
    ['null', 'null', /null where an object/],
    ['a tensor that is no object', { a: 3 }, /“a” by a number/],
    ['an unknown dtype', { a: { dtype: 'F99', shape: [1], data_offsets: [0, 4] } }, /unknown dtype “F99”/],
    ['an inherited dtype', { a: { dtype: 'toString', shape: [1], data_offsets: [0, 4] } }, /unknown dtype/],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 4] } }, /shape nothing/],
    ['a negative dimension', { a: f32([-1], 0, 4) }, /shape “\[-1\]”/],
    ['a fractional dimension', { a: f32([1.5], 0, 6) }, /shape “\[1.5\]”/],
    ['a dimension that is text', { a: { dtype: 'F32', shape: ['1'], data_offsets: [0, 4] } }, /whole numbers/],
    ['one offset', { a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, /offsets “\[0\]”/],
    ['a negative offset', { a: f32([1], -4, 0) }, /offsets “\[-4,0\]”/],
    ['unordered offsets', { a: f32([1], 8, 4) }, /end at byte 4, before its start at 8/],
    ['an extent past the end', { a: f32([32], 0, 128) }, /bytes 0 to 128 of the data, but the file holds only 64/],
    ['too few bytes', { a: f32([4], 0, 12) }, /12 bytes, but F32 of shape “\[4\]” takes 16/],
    ['a product that overflows', { a: f32([2 ** 31, 2 ** 31, 4], 0, 0) }, /more than can be addressed/],
    ['overlap', { a: f32([4], 0, 16), b: f32([4], 12, 28) }, /“b” start at byte \d+, inside tensor “a”/],
    [
      'nested twice',
      `{"a":${JSON.stringify(f32([1], 0, 4))},"\\u0061":${JSON.stringify(f32([1], 4, 8))}}`,
      /names “a” twice/,
    ],
    ['metadata that is no object', { __metadata__: 'x' }, /__metadata__ entry that is a string/],
    ['metadata that is no text', { __metadata__: { a: 1 } }, /a number under __metadata__/],
    ['brackets ten thousand deep', `{"a":{"dtype":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`, /nested too deeply/],
  ])('refuses %s', (_, header, message) => {
    const error = failure(() => parse(header));
    expect(error.code).toBe('weights-corrupt');
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^model\.safetensors /);
    expect(error.hint).toBeDefined();
  });

  it('keeps a key named like a member of Object.prototype', () => {
    const { tensors } = parse(
      `{"__proto__":${JSON.stringify(f32([1], 0, 4))},"constructor":${JSON.stringify(f32([1], 4, 8))}}`,
    );
    expect([...tensors.keys()]).toEqual(['__proto__', 'constructor']);
  });

  it('does not take a nested key for a duplicate', () => {
    expect(parse({ a: f32([1], 0, 4), __metadata__: { a: 'a', dtype: '{"a":1,"a":2}' } }).tensors.size).toBe(1);
  });

  it('fails by AppError alone, whatever the bytes', () => {
    const value = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.constantFrom('F32', 'F16', 'U8'),
      fc.constant(null),
    );
    const near = fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.record(
          {
            dtype: fc.oneof(value, fc.constant('F32')),
            shape: fc.oneof(value, fc.array(fc.oneof(fc.nat(4), value))),
            data_offsets: fc.oneof(value, fc.array(fc.oneof(fc.nat(70), value), { maxLength: 3 })),
          },
          { requiredKeys: [] },
        ),
        fc.jsonValue(),
      ),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
      near.map((object) => new TextEncoder().encode(JSON.stringify(object))),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: -50, max: 200 }), (json, dataBytes) => {
        const size = Math.max(0, PREFIX_BYTES + json.length + dataBytes);
        try {
          for (const { begin, end } of parseSafetensorsHeader(json, size, 'f').tensors.values()) {
            if (begin < PREFIX_BYTES + json.length || end < begin || end > size) return false;
          }
          return true;
        } catch (error) {
          return error instanceof AppError && error.code === 'weights-corrupt';
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('readHeaderLength', () => {
  it('reads a length that fits the file', () => {
    expect(readHeaderLength(prefix(40n), 48, 'f')).toBe(40);
  });

  it.each([
    ['a file of no bytes', new Uint8Array(0), 0, /holds 0 bytes/],
    ['a length past the file', prefix(41n), 48, /header of 41 bytes; the file has 40/],
    ['the largest length', prefix(2n ** 64n - 1n), 48, /18446744073709551615/],
    ['a length past the limit', prefix(100_000_001n), 2 ** 40, /limit is 100000000/],
    ['a Git LFS pointer', new TextEncoder().encode('version https://git-lfs'), 130, /Git LFS pointer/],
  ])('refuses %s', (_, bytes, size, message) => {
    const error = failure(() => readHeaderLength(bytes, size, 'f'));
    expect(error.code).toBe('weights-corrupt');
    expect(error.message).toMatch(message);
  });
});
