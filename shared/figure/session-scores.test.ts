import { expect, it } from 'vitest';
import { makeScoreTable } from '../model/testing/score-table.ts';
import { encodeFloat64 } from '../session/exact-values.ts';
import { sessionScores } from './session-scores.ts';

const values = [0.5, NaN, -0, 2];
const model = { modelId: 'm', layers: 2, heads: 2 };

function stored(id: string, count = values.length) {
  const { info, notApplicable, parameters } = makeScoreTable(id, values);
  const numbers = encodeFloat64(Float64Array.from(values.slice(0, count)));
  return { info, values: numbers, notApplicable, parameters, floor: null, spread: null };
}

function state(origins: readonly object[]) {
  const data = {
    origins,
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
  return { scores: { version: 1, data } };
}

const origin = {
  id: 'sweep-1',
  kind: 'sweep',
  name: 'Sweep: zero',
  detail: 'every head alone',
  probe: null,
  modelId: 'm',
  tables: [stored('effect-kl')],
  retrieval: null,
};

it('gives the scores of sweeps, probe sets and files under their keys, to the bit', () => {
  const [score, ...others] = sessionScores(state([origin]), model);
  expect(others).toEqual([]);
  expect(score).toMatchObject({ key: 'sweep-1:effect-kl', origin: 'Sweep: zero, every head alone' });
  expect([...score!.table.values!]).toEqual(values);
});

it('leaves out those of other models, of other shapes, and what is no slice', () => {
  expect(sessionScores(state([{ ...origin, modelId: 'other' }]), model)).toEqual([]);
  expect(sessionScores(state([{ ...origin, tables: [stored('effect-kl', 3)] }]), model)).toEqual([]);
  expect(sessionScores({}, model)).toEqual([]);
  expect(sessionScores({ scores: { version: 1, data: 5 } }, model)).toEqual([]);
});
