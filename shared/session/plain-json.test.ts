import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJson, parseForeignJson } from './plain-json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => parseForeignJson(bytes(text), 'state.json');

describe('parseForeignJson', () => {
  it.each<[string, string, RegExp]>([
    ['no JSON', '{', /^state\.json is not JSON\.$/],
    ['nothing', '', /is not JSON/],
    ['a prototype', '{"a":[{"__proto__":{"b":1}}]}', /a key named __proto__/],
    ['brackets without end', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /nested deeper/],
  ])('refuses %s', (_what, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('refuses what is no UTF-8', () => {
    expect(() => parseForeignJson(Uint8Array.of(34, 0xff, 34), 'x')).toThrow('x is not JSON');
  });

  it('takes 48 levels, the depth that is written', () => {
    const deep = `${'['.repeat(48)}1${']'.repeat(48)}`;
    expect(formatJson(read(deep), 'x').replaceAll(/\s/g, '')).toBe(deep);
  });
});

describe('formatJson', () => {
  it('is read back as it was, lone surrogates too', () => {
    // JSON has no -0, at any depth.
    const value = fc
      .jsonValue({ stringUnit: 'binary', maxDepth: 3 })
      .map((json) => JSON.parse(JSON.stringify(json)) as unknown);
    fc.assert(
      fc.property(value, (json) => {
        fc.pre(!JSON.stringify(json).includes('__proto__'));
        expect(parseForeignJson(bytes(formatJson(json, 'x')), 'x')).toEqual(json);
      }),
    );
    expect(read(formatJson('\ud800', 'x'))).toBe('\ud800');
  });

  it.each([NaN, Infinity, undefined, new Float32Array(1), new Date(0), new Map(), 1n, () => 1])(
    'names the place of %s, which JSON would change',
    (odd) => expect(() => formatJson({ a: [{ b: odd }] }, 'x')).toThrow('x holds at a.0.b what JSON cannot hold'),
  );
});
