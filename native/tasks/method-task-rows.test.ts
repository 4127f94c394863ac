import { describe, expect, it } from 'vitest';
import type { MethodTaskMeasures } from '../../shared/model/method-task.ts';
import { methodTaskRow, type MethodSample } from './method-task-rows.ts';
import { wilson } from './wilson.ts';

const choice = { method: 'snapkv', parameters: {}, budget: { keys: 8 } };
const NAMES = [
  'read',
  'resident',
  'needed',
  'ratio',
  'kvBytes',
  'readBytes',
  'stepFlops',
  'selected',
  'recall',
  'recallSinkFree',
  'recallValue',
  'lostMass',
  'outputError',
  'outputErrorWO',
  'oracleGap',
] as const;

/** Every measure another number: `base`, `base` + 1, ... */
function sample(
  base: number,
  more: Partial<MethodSample> = {},
  others: Partial<MethodTaskMeasures> = {},
): MethodSample {
  const told = Object.fromEntries(NAMES.map((name, at) => [name, base + at]));
  const resolved = { budget: base, budgetOrigin: 'given' as const, parameters: {}, origins: {} };
  const measures = { ...told, kl: null, nllAnswer: null, ...others } as MethodTaskMeasures;
  return { resolved, measures, right: null, denseHere: false, notGiven: {}, ...more };
}

describe('methodTaskRow', () => {
  it('is the mean of every measure, with what was resolved first', () => {
    const row = methodTaskRow(choice, 'seen', 'F1', [sample(1), sample(4, { denseHere: true })]);
    NAMES.forEach((name, at) => expect(row.measures[name], name).toBe(2.5 + at));
    expect(row).toMatchObject({ choice, question: 'seen', fidelity: 'F1', n: 2, denseHere: 1, accuracy: null });
    expect(row.resolved.budget).toBe(1);
    expect(row.measures).toMatchObject({ kl: null, nllAnswer: null });
  });

  it('leaves out what a sample does not tell, and is NaN where none does', () => {
    const one = sample(1, {}, { recallSinkFree: NaN, oracleGap: NaN, kl: 0.5, nllAnswer: 2 });
    const other = sample(1, {}, { recallSinkFree: 0.25, oracleGap: NaN, kl: 1.5, nllAnswer: 4 });
    const { measures } = methodTaskRow(choice, 'unseen', 'F2', [one, other]);
    expect(measures).toMatchObject({ recallSinkFree: 0.25, kl: 1, nllAnswer: 3 });
    expect(measures.oracleGap).toBeNaN();
  });

  it('has the share of right samples in its interval', () => {
    const samples = [1, 0, 1, 1].map((right) => sample(1, { right }));
    const { accuracy } = methodTaskRow(choice, 'unseen', 'F3', samples);
    expect(accuracy).toEqual({ value: 0.75, ...wilson(3, 4) });
  });
});
