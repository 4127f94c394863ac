import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import type { ProbeResult } from '../../shared/model/probe.ts';
import { plainSample } from './probe.ts';
import { ProbeStore, type ProbeRun } from './probe-store.ts';

const BYTES = 8 * 100;
const draw = () => Promise.resolve([plainSample([])]);
const record = { scores: [makeScoreTable('any', new Float64Array(100))], retrieval: null };
const result = { probeId: '' } as ProbeResult;

function finish(run: ProbeRun): string {
  run.records.push(record);
  run.finished = { result, values: new Map() };
  return run.probeId;
}

describe('ProbeStore', () => {
  it('goes on with what was begun, and begins another request anew', async () => {
    const store = new ProbeStore();
    const run = await store.open('a', draw);
    run.records.push(record);
    expect(await store.open('a', draw)).toBe(run);
    expect((await store.open('b', draw)).records).toEqual([]);
  });

  it('finds finished runs only', async () => {
    const store = new ProbeStore();
    const run = await store.open('a', draw);
    expect(() => store.finished(run.probeId)).toThrow('no longer held');
    finish(run);
    expect(store.finished(run.probeId).result).toBe(result);
    store.clear();
    expect(() => store.finished(run.probeId)).toThrow('no longer held');
  });

  it('lets the runs go that were used longest ago, over its budget', async () => {
    const store = new ProbeStore(2.5 * BYTES);
    const a = finish(await store.open('a', draw));
    const b = finish(await store.open('b', draw));
    const c = finish(await store.open('c', draw));
    await store.open('a', draw);
    store.trim();
    expect(() => store.finished(b)).toThrow('no longer held');
    expect(store.finished(a).result).toBe(result);
    expect(store.finished(c).result).toBe(result);
  });

  it('refuses a run that is over its budget by itself, before it is begun', () => {
    const store = new ProbeStore(2 ** 20);
    expect(() => store.checkRoom(8, 2 ** 17)).not.toThrow();
    expect(() => store.checkRoom(9, 2 ** 17 + 1)).toThrow('The scores of 9 prompts would take 2 MiB, of at most 1.');
  });

  it('keeps the newest whatever its size', async () => {
    const store = new ProbeStore(0);
    finish(await store.open('a', draw));
    const last = finish(await store.open('b', draw));
    store.trim();
    expect(store.finished(last).result).toBe(result);
  });
});
