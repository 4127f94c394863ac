// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetrievalDetail } from '../../shared/model/probe.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { makeScoreInfo } from '../../shared/model/testing/score-table.ts';
import { formatJson, parseForeignJson } from '../../shared/session/plain-json.ts';
import { scoresSlice, type ScoresData } from '../../shared/session/slices/scores.ts';
import type { StoredTable } from '../../shared/session/slices/stored-table.ts';
import { readRetrieval, readTable, storedSize, storeRetrieval, storeTable } from './stored-scores.ts';

const HEADS = 6;
const number = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, 0, Infinity, -Infinity));
const doubles = fc.array(number, { minLength: HEADS, maxLength: HEADS }).map((values) => Float64Array.from(values));
const spread = fc.record({ prompts: fc.nat(), deviation: doubles, active: doubles, low: doubles, high: doubles });

const info = makeScoreInfo('streaming', {
  parameters: [
    { id: 'sink', name: 'Sink keys', meaning: 'First keys.', default: null, min: 0, max: 1000, integer: true },
    { id: 'on', name: 'On', meaning: 'Where.', default: 0, min: 0, max: 1, integer: true, choices: ['a', 'b'] },
  ],
  domain: [0, null],
});
const tables: fc.Arbitrary<ScoreTable> = fc.record({
  info: fc.constant(info),
  values: fc.option(doubles),
  notApplicable: fc.constant('Needs answers.'),
  parameters: fc.constant({ sink: 8 }),
  floor: fc.option(number),
  spread: fc.option(spread),
});

/** Through the text of a file, and through the schema. */
function throughFile(table: StoredTable): StoredTable {
  const data: ScoresData = {
    origins: [
      {
        id: 'probe-1',
        kind: 'probe',
        name: 'Needle',
        detail: 'n 20',
        probe: 'needle',
        modelId: 'm',
        tables: [table],
        retrieval: null,
      },
    ],
    weightTables: null,
    further: false,
    weights: false,
    parameters: {},
    glyphs: [],
    columns: null,
    scatter: { x: null, y: null },
    filter: { layers: null, kinds: [], group: null, threshold: null, brushed: null },
    notes: {},
  };
  const read = parseForeignJson(new TextEncoder().encode(formatJson(data, 'state.json')), 'state.json');
  return scoresSlice.schema.parse(read).origins[0]!.tables[0]!;
}

const bytesOf = (value: unknown): unknown =>
  ArrayBuffer.isView(value)
    ? [value.constructor.name, ...new Uint8Array(value.buffer)]
    : typeof value === 'object' && value !== null
      ? Object.entries(value).map(([key, inner]) => [key, bytesOf(inner)])
      : Object.is(value, -0)
        ? '-0'
        : value;

describe('a score table in a session', () => {
  it('comes back bit for bit', () => {
    fc.assert(
      fc.property(tables, (table) => {
        expect(bytesOf(readTable(throughFile(storeTable(table)), HEADS))).toEqual(bytesOf(table));
      }),
    );
  });

  it('is made into text once', () => {
    const [table] = fc.sample(tables, 1) as [ScoreTable];
    expect(storeTable(table)).toBe(storeTable(table));
    const read = readTable(storeTable(table), HEADS)!;
    expect(storeTable(read)).toBe(storeTable(table));
  });

  const whole = storeTable({
    info,
    values: new Float64Array(HEADS),
    notApplicable: null,
    parameters: {},
    floor: 0.5,
    spread: {
      prompts: 3,
      deviation: new Float64Array(HEADS),
      active: new Float64Array(HEADS),
      low: new Float64Array(HEADS),
      high: new Float64Array(HEADS),
    },
  });
  it.each<[string, Partial<StoredTable>]>([
    ['values of fewer heads', { values: 'AAAAAAAA8D8=' }],
    ['neither values nor a reason', { values: null }],
    ['two floors', { floor: `${'AAAA'.repeat(5)}AA==` }],
    ['a spread of other heads', { spread: { ...whole.spread!, low: 'AAAAAAAA8D8=' } }],
  ])('is not read with %s', (_what, change) => {
    expect(readTable(whole, HEADS)).toBeDefined();
    expect(readTable({ ...whole, ...change }, HEADS)).toBeUndefined();
  });
});

describe('the raster of the retrieval score', () => {
  const detail: RetrievalDetail = {
    kept: 3,
    gate: 'answered right',
    activation: Float64Array.from({ length: HEADS }, (_, head) => head / 3),
    attempted: new Float64Array(HEADS).fill(NaN),
    raster: { tokens: 2, hits: Float32Array.from({ length: 2 * HEADS }, (_, at) => at / 7) },
  };

  it('comes back bit for bit, and not where it is of other heads', () => {
    const stored = storeRetrieval(detail);
    expect(bytesOf(readRetrieval(stored, HEADS))).toEqual(bytesOf(detail));
    expect(readRetrieval(stored, HEADS + 1)).toBeUndefined();
    expect(readRetrieval({ ...stored, tokens: 3 }, HEADS)).toBeUndefined();
  });

  it('counts in what a set of scores takes', () => {
    const stored = storeRetrieval(detail);
    expect(storedSize([], stored)).toBe(stored.activation.length + stored.attempted.length + stored.hits.length);
  });
});
