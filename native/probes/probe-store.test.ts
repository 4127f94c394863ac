import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import type { ProbeResult } from '../../shared/model/probe.ts';
import { plainSample } from './probe.ts';
import { ProbeStore, type ProbeRun } from './probe-store.ts';

const BYTES = 8 * 100;
const draw = () => [plainSample([])];
const record = { scores: [makeScoreTable('any', new Float64Array(100))], retrieval: null };
const result = { probeId: '' } as ProbeResult;

function finish(run: ProbeRun): string {
  run.records.push(record);
  run.finished = { result, values: new Map() };
  return run.probeId;
}

describe('ProbeStore', () => {
  it('goes on with what was begun, and begins another request anew', () => {
    const store = new ProbeStore();
    const run = store.open('a', draw);
    run.records.push(record);
    expect(store.open('a', draw)).toBe(run);
    expect(store.open('b', draw).records).toEqual([]);
  });

  it('finds finished runs only', () => {
    const store = new ProbeStore();
    const run = store.open('a', draw);
    expect(() => store.finished(run.probeId)).toThrow('no longer held');
    finish(run);
    expect(store.finished(run.probeId).result).toBe(result);
    store.clear();
    expect(() => store.finished(run.probeId)).toThrow('no longer held');
  });

  it('lets the runs go that were used longest ago, over its budget', () => {
    const store = new ProbeStore(2.5 * BYTES);
    const [a, b, c] = ['a', 'b', 'c'].map((key) => finish(store.open(key, draw)));
    store.open('a', draw);
    store.trim();
    expect(() => store.finished(b!)).toThrow('no longer held');
    expect(store.finished(a!).result).toBe(result);
    expect(store.finished(c!).result).toBe(result);
  });

  it('keeps the newest whatever its size', () => {
    const store = new ProbeStore(0);
    finish(store.open('a', draw));
    const last = finish(store.open('b', draw));
    store.trim();
    expect(store.finished(last).result).toBe(result);
  });
});
