import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HEAD_KIND_RULES,
  HEAD_KINDS,
  headKinds,
  JOB_SCORES,
  KIND_SCORES,
  type HeadKind,
  type HeadKindLabel,
} from './head-kinds.ts';
import { makeScoreTable } from './testing/score-table.ts';
import type { ScoreTable } from './score.ts';

type Values = Readonly<Record<string, number | { readonly value: number; readonly floor: number }>>;

/** Tables of a model with one head. */
function tablesOf(values: Values): ScoreTable[] {
  return Object.entries(values).map(([id, given]) => {
    const { value, floor } = typeof given === 'number' ? { value: given, floor: null } : given;
    return { ...makeScoreTable(id, [value]), floor };
  });
}

const ONE = { heads: 1 };
const labelsOf = (values: Values): readonly HeadKindLabel[] => headKinds(tablesOf(values), 0, 0, ONE);
const kindsOf = (values: Values): HeadKind[] => labelsOf(values).map(({ kind }) => kind);

const SINK_SCORES = ['sink', 'sink-importance', 'hidden-sinks', 'sink-effective', 'value-drain', 'sink-cosine'];
const ALL_SCORES = [
  ...new Set([
    ...HEAD_KINDS.flatMap((kind) => HEAD_KIND_RULES[kind].scores),
    ...SINK_SCORES,
    'distance',
    'distance-normalised',
    'entropy',
  ]),
];
const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyValue = fc.oneof(share, fc.constant(NaN), fc.constantFrom(0, 0.1, 0.3, 0.35, 0.45, 0.5, 0.8, 0.85, 1));
const anyValues = fc.dictionary(fc.constantFrom(...ALL_SCORES), anyValue);

describe('headKinds', () => {
  it('says what each threshold says, strictly where it is strict', () => {
    expect(kindsOf({ previous: 0.51 })).toEqual(['previous']);
    expect(kindsOf({ previous: 0.5 })).toEqual([]);
    expect(kindsOf({ self: 0.9 })).toEqual(['self']);
    expect(kindsOf({ induction: 0.36, duplicate: 0.31 })).toEqual(['induction', 'duplicate']);
    expect(kindsOf({ retrieval: 0.1 })).toEqual(['retrieval']);
    expect(kindsOf({ retrieval: 0.0999 })).toEqual([]);
    expect(kindsOf({ streaming: 0.05 })).toEqual(['streaming']);
    expect(kindsOf({ 'output-norm': 0.2 })).toEqual(['inactive']);
    expect(kindsOf({ 'local-32-sink-free': 0.95 })).toEqual(['local']);
    expect(kindsOf({ 'entropy-normalised': 0.9 })).toEqual(['diffuse']);
  });

  it('keeps both labels of a sink-resting head with a job', () => {
    for (const [score, kind] of [
      ['retrieval', 'retrieval'],
      ['induction', 'induction'],
    ] as const) {
      const kinds = kindsOf({ 'sink-importance': 0.96, [score]: 0.9 });
      expect(kinds).toContain(kind);
      expect(kinds).toContain('sink-resting');
      expect(kinds).not.toContain('sink-dormant');
    }
  });

  it('calls a resting head dormant only once a probe found no job', () => {
    expect(kindsOf({ 'sink-importance': 0.96 })).toEqual(['sink-resting']);
    expect(kindsOf({ 'sink-importance': 0.96, previous: 0.01 })).toEqual(['sink-resting']);
    const labels = labelsOf({ 'sink-importance': 0.96, previous: 0.01, induction: 0.02 });
    expect(labels.map(({ kind }) => kind)).toEqual(['sink-resting', 'sink-dormant']);
    expect(labels[1]!.evidence).toEqual([
      { score: 'sink-importance', value: 0.96, side: 'over', threshold: 0.8, floor: null },
      { score: 'induction', value: 0.02, side: 'under', threshold: 0.35, floor: null },
      { score: 'previous', value: 0.01, side: 'under', threshold: 0.5, floor: null },
    ]);
  });

  it('takes a job from whichever prompts show it, by name', () => {
    const resting = makeScoreTable('sink-importance', [0.96]);
    const own = makeScoreTable('induction', [0.066]);
    const zeros = Float64Array.of(0);
    const spread = { prompts: 10, deviation: zeros, active: zeros, low: zeros, high: zeros };
    const probed = (value: number) => ({ ...makeScoreTable('induction', [value]), origin: 'Repeat', spread });
    const kept = headKinds([resting, own, probed(0.75)], 0, 0, ONE);
    expect(kept.map(({ kind }) => kind)).toEqual(['induction', 'sink-resting']);
    expect(kept[0]!.evidence).toEqual([
      { score: 'induction', value: 0.75, side: 'over', threshold: 0.35, floor: null, origin: 'Repeat', prompts: 10 },
    ]);
    const idle = headKinds([resting, own, probed(0.2)], 0, 0, ONE);
    expect(idle.map(({ kind }) => kind)).toEqual(['sink-resting', 'sink-dormant']);
    expect(idle[1]!.evidence.slice(1)).toEqual([
      { score: 'induction', value: 0.066, side: 'under', threshold: 0.35, floor: null },
      { score: 'induction', value: 0.2, side: 'under', threshold: 0.35, floor: null, origin: 'Repeat', prompts: 10 },
    ]);
  });

  it('keeps every label and never turns dormant as prompts without the job are added, in any order', () => {
    const jobs = fc.array(
      fc.record({
        id: fc.constantFrom('retrieval', 'induction', 'duplicate', 'previous', 'self'),
        value: anyValue,
        floor: fc.option(share),
      }),
    );
    const resting = makeScoreTable('sink-importance', [0.96]);
    const kinds = (tables: readonly ScoreTable[]) => headKinds([resting, ...tables], 0, 0, ONE).map(({ kind }) => kind);
    fc.assert(
      fc.property(jobs, (given) => {
        const tables = given.map(({ id, value, floor }) => ({ ...makeScoreTable(id, [value]), floor }));
        const found = kinds(tables);
        expect(kinds(tables.toReversed())).toEqual(found);
        // Every job is one that a table shows by itself, and the other way round.
        const alone = new Set(tables.flatMap((table) => kinds([table])));
        const isJob = (kind: HeadKind) => !kind.startsWith('sink-');
        expect(found.filter(isJob)).toEqual(HEAD_KINDS.filter((kind) => isJob(kind) && alone.has(kind)));
        if (found.some(isJob)) expect(found).not.toContain('sink-dormant');
        const idle = HEAD_KINDS.flatMap((kind) => HEAD_KIND_RULES[kind].scores.map((id) => makeScoreTable(id, [0])));
        const more = kinds([...tables, ...idle.filter(({ info }) => JOB_SCORES.has(info.id))]);
        expect(more.filter(isJob)).toEqual(found.filter(isJob));
        expect(more.includes('sink-dormant')).toBe(!found.some(isJob));
      }),
    );
  });

  it('asks long-range heads for more than what rests on hidden sinks, and for an effect', () => {
    expect(kindsOf({ 'streaming-mass': 0.4, 'hidden-sinks': 0 })).toEqual(['long-range']);
    // Of a prompt too short to tell hidden sinks nothing is said.
    expect(kindsOf({ 'streaming-mass': 0.9 })).toEqual([]);
    expect(kindsOf({ 'streaming-mass': { value: 0.4, floor: 0.5 }, 'hidden-sinks': 0 })).toEqual([]);
    expect(kindsOf({ 'streaming-mass': 0.4, 'hidden-sinks': 0.2 })).toEqual([]);
    expect(kindsOf({ 'streaming-mass': 0.4, streaming: 0.02 })).toEqual(['streaming']);
    expect(labelsOf({ 'streaming-mass': 0.4, 'hidden-sinks': 0.05, streaming: 0.5 })).toEqual([
      {
        kind: 'long-range',
        evidence: [
          { score: 'streaming-mass', value: 0.4, side: 'over', threshold: 0.35, floor: null },
          { score: 'streaming', value: 0.5, side: 'at-least', threshold: 0.1, floor: null },
        ],
      },
    ]);
  });

  it('looks at what a score was computed with', () => {
    const mass = (sink: number) => ({ ...makeScoreTable('streaming-mass', [0.8]), parameters: { sink, window: 8 } });
    const hidden = makeScoreTable('hidden-sinks', [0]);
    expect(headKinds([mass(1), hidden], 0, 0, ONE).map(({ kind }) => kind)).toEqual(['long-range']);
    expect(headKinds([mass(0), hidden], 0, 0, ONE)).toEqual([]);
    const retrieval = (badge: 'exact' | 'teacher-forced') => makeScoreTable('retrieval', [0.4], { badge });
    expect(headKinds([retrieval('exact')], 0, 0, ONE).map(({ kind }) => kind)).toEqual(['retrieval']);
    expect(headKinds([retrieval('teacher-forced')], 0, 0, ONE)).toEqual([]);
  });

  it('is not impressed by what uniform attention gets as well', () => {
    expect(kindsOf({ 'local-32-sink-free': { value: 1, floor: 1 } })).toEqual([]);
    expect(kindsOf({ previous: { value: 0.6, floor: 0.6 } })).toEqual([]);
    expect(kindsOf({ previous: { value: 0.61, floor: 0.6 } })).toEqual(['previous']);
    expect(kindsOf({ 'entropy-normalised': { value: 1, floor: 1 } })).toEqual(['diffuse']);
  });

  it('says nothing of importance at another position, of missing and of undefined numbers', () => {
    const elsewhere = { ...makeScoreTable('sink-importance', [0.9]), parameters: { position: 7 } };
    expect(headKinds([elsewhere], 0, 0, ONE)).toEqual([]);
    expect(headKinds([makeScoreTable('previous', null)], 0, 0, ONE)).toEqual([]);
    expect(kindsOf({ previous: NaN, 'output-norm': NaN })).toEqual([]);
  });

  it('is told from the scores that are listed and from no others', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const listed = Object.fromEntries(Object.entries(values).filter(([id]) => KIND_SCORES.includes(id)));
        expect(labelsOf(listed)).toEqual(labelsOf(values));
      }),
    );
    expect(new Set(KIND_SCORES).size).toBe(KIND_SCORES.length);
  });

  it('reads its own head', () => {
    const table = makeScoreTable('previous', [0, 0, 0, 0.9, 0, 0]);
    const shape = { heads: 3 };
    expect(headKinds([table], 1, 0, shape).map(({ kind }) => kind)).toEqual(['previous']);
    expect(headKinds([table], 0, 2, shape)).toEqual([]);
  });

  it('never calls a head retrieval or long-range whose only evidence is sink mass or raw distance', () => {
    const resting = fc.dictionary(fc.constantFrom(...SINK_SCORES, 'distance', 'distance-normalised'), share);
    fc.assert(
      fc.property(resting, share, share, (sinks, outside, induction) => {
        // All that lies outside sink and window lies on hidden sinks.
        const kinds = kindsOf({ ...sinks, 'streaming-mass': outside, 'hidden-sinks': outside, induction });
        expect(kinds).not.toContain('retrieval');
        expect(kinds).not.toContain('long-range');
        expect(kindsOf(sinks)).not.toContain('local');
      }),
    );
  });

  it('gives evidence that holds, in the order of the kinds, and does not change other labels with sink mass', () => {
    fc.assert(
      fc.property(anyValues, share, (values, mass) => {
        const labels = labelsOf(values);
        expect(labels.map(({ kind }) => HEAD_KINDS.indexOf(kind))).toEqual(
          labels.map(({ kind }) => HEAD_KINDS.indexOf(kind)).toSorted((a, b) => a - b),
        );
        for (const { evidence } of labels) {
          expect(evidence.length).toBeGreaterThan(0);
          for (const { score, value, side, threshold } of evidence) {
            expect(value).toBe(values[score]);
            expect(
              side === 'over' ? value > threshold : side === 'under' ? value < threshold : value >= threshold,
            ).toBe(true);
          }
        }
        const others = (kinds: readonly HeadKind[]) => kinds.filter((kind) => !kind.startsWith('sink-'));
        const more = kindsOf({ ...values, sink: mass, 'sink-importance': mass });
        expect(others(more)).toEqual(others(labels.map(({ kind }) => kind)));
      }),
    );
  });
});
