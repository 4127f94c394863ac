import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import { makeLabRecord } from '../testing/lab-record.ts';
import { isGone, lostRows, plannedAgain } from './lost-rows.ts';

const record = makeLabRecord({ windows: [3, 5, 7] });
const traces = record.rows.map(({ result }) => result!.trace!);
const of = (fidelity: 'F1' | 'F2') => ({ ...record, about: { ...record.about, fidelity } });

describe('rows to be run again', () => {
  it('are those whose traces are lost', () => {
    expect(lostRows(of('F1'), new Set([traces[0]!, traces[2]!]), new Set())).toEqual([record.rows[0], record.rows[2]]);
  });

  it('with states of their own are those that are looked at', () => {
    expect(lostRows(of('F2'), new Set(traces), new Set([1]))).toEqual([record.rows[1]]);
    expect(lostRows(of('F2'), new Set([traces[0]!]), new Set([1]))).toEqual([]);
  });

  it('are asked for together by method, each budget once', () => {
    const [first, second, third] = [record.rows[0]!, record.rows[1]!, record.rows[2]!];
    const other = { ...third, choice: { ...third.choice, parameters: { sinks: 8 } } };
    const published = { ...first, choice: { ...first.choice, budget: null } };
    const planned = plannedAgain([first, other, second, first, published]);
    expect(planned.map(({ entry, budgets }) => [entry.method, entry.parameters, budgets])).toEqual([
      ['sink-window', {}, [{ keys: 3 }, { keys: 5 }]],
      ['sink-window', { sinks: 8 }, [{ keys: 7 }]],
      ['sink-window', {}, []],
    ]);
  });
});

it('tells what is not held from what cannot be had', () => {
  expect(isGone(new AppError('unknown-run', ''))).toBe(true);
  expect(isGone(new AppError('not-stored', ''))).toBe(true);
  expect(isGone(new AppError('bad-request', ''))).toBe(false);
  expect([isGone(undefined), isGone(new Error('a wire'))]).toEqual([false, false]);
});
