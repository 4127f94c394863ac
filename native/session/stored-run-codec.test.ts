import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { parseSafetensorsHeader, PREFIX_BYTES, readHeaderLength } from '../safetensors/header.ts';
import { randomStoredRun } from '../testing/random-stored-run.ts';
import { decodeStoredRun, encodeStoredRun, type EncodedRun } from './stored-run-codec.ts';

/** Arrays as their bytes, so that NaN is told from NaN and -0 from 0. */
function bits(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return [value.constructor.name, Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64')];
  }
  if (Array.isArray(value)) return value.map(bits);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bits(inner)]));
}

/** What decoding did: a run, or an error that a person can act on. Anything else is thrown. */
function outcome(encoded: EncodedRun): unknown {
  try {
    return decodeStoredRun(encoded);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(['session-invalid', 'session-newer']).toContain(error.code);
    expect(error.message).toMatch(/\.$/);
    return undefined;
  }
}

function changed(bytes: Uint8Array, at: number, to: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = to;
  return copy;
}

function withJson(encoded: EncodedRun, change: (run: ReturnType<typeof parse>) => void): EncodedRun {
  const root = parse(encoded);
  change(root);
  return { ...encoded, json: new TextEncoder().encode(JSON.stringify(root)) };
}

interface Loose {
  [key: string]: Loose;
}

function parse({ json }: EncodedRun): Loose {
  return JSON.parse(new TextDecoder().decode(json)) as Loose;
}

/** A run that has something of everything. */
const fullRun = () => randomStoredRun(2, true);

describe('encodeStoredRun and decodeStoredRun', () => {
  it('bring back every number bit for bit', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const run = randomStoredRun(seed);
        expect(bits(decodeStoredRun(encodeStoredRun(run)))).toEqual(bits(run));
      }),
      { numRuns: 200 },
    );
  });

  it('give the same bytes for the same run, and name the tables so that Python finds them', () => {
    const run = fullRun();
    const encoded = encodeStoredRun(run);
    expect(encodeStoredRun(decodeStoredRun(encoded))).toEqual(encoded);
    const { tables } = encoded;
    const end = PREFIX_BYTES + readHeaderLength(tables, tables.length, '');
    const { tensors } = parseSafetensorsHeader(tables.subarray(PREFIX_BYTES, end), tables.length, '');
    const { layer, head } = run.heads[0]!;
    const { model, summary, miniatures } = run;
    const n = summary.ids.length;
    expect(tensors.get('ids')).toMatchObject({ dtype: 'I32', shape: [n] });
    expect(tensors.get('scores.induction')).toMatchObject({ dtype: 'F64', shape: [model.layers, model.heads] });
    expect(tensors.get('miniatures')!.shape).toEqual([model.layers, model.heads, miniatures.size, miniatures.size]);
    expect(tensors.get(`heads.L${layer}H${head}.entropy`)).toMatchObject({ dtype: 'F32', shape: [n] });
    const map = run.maps[0]!;
    const name = `maps.L${map.layer}H${map.head}.${map.value}.${map.reducer}`;
    expect(tensors.get(name)).toMatchObject({ dtype: 'U8', shape: [map.side, map.side] });
    expect(tensors.get(`${name}.edge`)!.shape).toEqual([map.side]);
    const { minus, ...difference } = run.differences![0]!;
    const minusName = `clean.L${minus.layer}H${minus.head}`;
    const differenceName = `differences.L${difference.layer}H${difference.head}.${difference.reducer}.minus.${minusName}`;
    expect(tensors.get(differenceName)!.shape).toEqual([difference.side, difference.side]);
    const row = run.tokenRows[0]!;
    expect(tensors.has(`tokens.L${row.layer}H${row.head}.${row.index}.outgoing`)).toBe(true);
    expect(tensors.has('comparison.klPerToken')).toBe(true);
  });

  it('leave out what a file holds of the run', () => {
    const run = randomStoredRun(1);
    const summary = { ...run.summary, stored: { tensors: true, maps: [], heads: [] } };
    expect(encodeStoredRun({ ...run, summary })).toEqual(encodeStoredRun(run));
  });

  it('never fail in another way than with a sentence, whatever byte is damaged, and keep shapes consistent', () => {
    const encoded = encodeStoredRun(fullRun());
    const damaged = (part: 'json' | 'tables') => {
      const bytes = encoded[part];
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, to) => {
          const run = outcome({ ...encoded, [part]: changed(bytes, at, to) });
          // Encoding checks every length against its shape.
          if (run !== undefined) encodeStoredRun(run as ReturnType<typeof decodeStoredRun>);
        }),
        { numRuns: 2000 },
      );
    };
    damaged('json');
    damaged('tables');
  });

  it('refuse files that are cut anywhere', () => {
    const encoded = encodeStoredRun(fullRun());
    for (const part of ['json', 'tables'] as const) {
      const { length } = encoded[part];
      for (let end = 0; end < length; end += Math.max(1, Math.floor(length / 300))) {
        expect(outcome({ ...encoded, [part]: encoded[part].subarray(0, end) })).toBeUndefined();
      }
    }
  });

  it.each<[string, (run: Loose) => unknown]>([
    ['more layers than there are scores of', (run) => Object.assign(run['model']!, { layers: 7 })],
    ['a huge number of heads', (run) => Object.assign(run['model']!, { heads: 2 ** 40 })],
    ['KV groups that do not divide the heads', (run) => Object.assign(run['model']!, { kvHeads: 3 })],
    ['a window too many', (run) => Object.assign(run['model']!, { slidingWindow: [null, null, null, null] })],
    ['another model', (run) => Object.assign(run['summary']!, { modelId: 'other' })],
    ['no tokens', (run) => Object.assign(run['summary']!, { tokens: [] })],
    ['another token than in the tables', (run) => Object.assign(run['summary']!['tokens']![0]!, { id: 51 })],
    ['an id outside the vocabulary', (run) => Object.assign(run['model']!, { vocabSize: 1 })],
    ['a head that the model does not have', (run) => Object.assign(run['heads']![0]!, { head: 9 })],
    ['a token past the end', (run) => Object.assign(run['tokenRows']![0]!, { index: 1000 })],
    ['a map of another side', (run) => Object.assign(run['maps']![0]!, { side: 5000 })],
    ['a map too coarse', (run) => Object.assign(run['maps']![0]!, { level: 20, side: 1 })],
    [
      'a difference from a head that is not there',
      (run) => Object.assign(run['differences']![0]!['minus']!, { head: 9 }),
    ],
    ['a smallest difference', (run) => Object.assign(run['differences']![0]!, { reducer: 'min' })],
    ['a difference of another side', (run) => Object.assign(run['differences']![0]!, { side: 5000 })],
    ['a range upside down', (run) => Object.assign(run['maps']![0]!, { range: [2, 1] })],
    ['a range without an end', (run) => Object.assign(run['maps']![0]!, { range: [0, 'Infinity'] })],
    ['a probability below 0', (run) => Object.assign(run['maps']![0]!, { value: 'probability', range: [-1, 1] })],
    ['a number that JSON cannot hold', (run) => Object.assign(run['scores']![0]!['info']!, { domain: [0, 'NaN'] })],
    ['an unknown badge', (run) => Object.assign(run['summary']!, { badges: ['good'] })],
    ['an unknown reducer', (run) => Object.assign(run['maps']![0]!, { reducer: 'median' })],
    ['a score whose name leads elsewhere', (run) => Object.assign(run['scores']![0]!['info']!, { id: '../ids' })],
    ['a score twice', (run) => Object.assign(run['scores']!, [run['scores']![0], run['scores']![0]])],
    ['miniatures of another size', (run) => Object.assign(run['miniatures']!, { size: 31 })],
    ['a sink past the end', (run) => Object.assign(run['sinks']!['largest']![0]!, { position: 1000 })],
    ['a sink above the last layer', (run) => Object.assign(run['sinks']!['massive']![0]!, { layer: 9 })],
    ['more sinks than there are', (run) => Object.assign(run['sinks']!, { positions: 32 })],
    ['a threshold over 1', (run) => Object.assign(run['sinks']!, { threshold: 2 })],
    ['no version', (run) => Object.assign(run, { version: undefined })],
    ['no model', (run) => Object.assign(run, { model: null })],
  ])('refuse %s', (_, change) => {
    const encoded = encodeStoredRun(fullRun());
    expect(() => decodeStoredRun(withJson(encoded, change))).toThrow(AppError);
    expect(outcome(withJson(encoded, change))).toBeUndefined();
  });

  it('refuse keys that no query can see', () => {
    const run = fullRun();
    const rowArgmax = run.heads[0]!.profile.rowArgmax.fill(run.summary.ids.length);
    expect(rowArgmax.length).toBeGreaterThan(0);
    expect(() => decodeStoredRun(encodeStoredRun(run))).toThrow(/rowArgmax names key/);
  });

  it.each<[string, number, RegExp]>([
    ['past the end', 5000, /sinks name position 5000/],
    ['before the first', -1, /sinks name position -1/],
  ])('refuse sinks on a position %s', (_what, position, message) => {
    const run = fullRun();
    run.sinks!.positions[0] = position;
    expect(() => decodeStoredRun(encodeStoredRun(run))).toThrow(message);
  });

  it('refuse a sink that is there twice', () => {
    const run = fullRun();
    run.sinks!.positions[1] = run.sinks!.positions[0]!;
    expect(() => decodeStoredRun(encodeStoredRun(run))).toThrow(/a position twice/);
  });

  it('tell a later version apart from damage', () => {
    const later = withJson(encodeStoredRun(randomStoredRun(3)), (run) => Object.assign(run, { version: 2 }));
    expect(() => decodeStoredRun(later)).toThrow(expect.objectContaining({ code: 'session-newer' }) as Error);
  });

  it('survive JSON nested without end', () => {
    const deep = new TextEncoder().encode(`{"version":1,"model":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
    expect(outcome({ ...encodeStoredRun(randomStoredRun(3)), json: deep })).toBeUndefined();
  });
});
