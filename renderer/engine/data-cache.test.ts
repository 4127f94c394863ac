// @vitest-environment node
import { describe, expect, it, vi } from 'vitest';
import { DataCache } from './data-cache.ts';

describe('DataCache', () => {
  it('tells listeners, and gives the same entry until it changes', () => {
    const cache = new DataCache();
    const listener = vi.fn();
    cache.subscribe(listener);
    cache.set('0/r1:scores', { status: 'ready', value: 1 });
    expect(listener).toHaveBeenCalledOnce();
    expect(cache.get('0/r1:scores')).toBe(cache.get('0/r1:scores'));
  });

  it('forgets a run, and only that run', () => {
    const cache = new DataCache();
    cache.set('0/r1:scores', { status: 'ready', value: 1 });
    cache.set('0/r10:scores', { status: 'ready', value: 2 });
    cache.dropRun('0/r1');
    expect(cache.get('0/r1:scores')).toBeUndefined();
    expect(cache.value('0/r10:scores')).toBe(2);
  });

  it('bounds the rows of single tokens, and nothing else', () => {
    const cache = new DataCache();
    cache.set('0/r1:summary', { status: 'ready', value: 'kept' });
    for (let i = 0; i < 300; i++) cache.set(`0/r1:token:L0H0:${i}`, { status: 'ready', value: i });
    expect(cache.get('0/r1:token:L0H0:0')).toBeUndefined();
    expect(cache.value('0/r1:token:L0H0:299')).toBe(299);
    expect(cache.value('0/r1:summary')).toBe('kept');
  });

  it('bounds what was asked about kept keys, by kind', () => {
    const cache = new DataCache();
    cache.set('kept/trace-1/rows/0/3', { status: 'ready', value: 'rows' });
    for (let i = 0; i < 1000; i++) cache.set(`kept/trace-1/step/${i}`, { status: 'ready', value: i });
    expect(cache.get('kept/trace-1/step/0')).toBeUndefined();
    expect(cache.value('kept/trace-1/step/999')).toBe(999);
    expect(cache.value('kept/trace-1/rows/0/3')).toBe('rows');
  });
});
