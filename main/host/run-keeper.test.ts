import { describe, expect, it, vi } from 'vitest';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import { sampleRun, SMALL } from '../files/session/testing/sample-session.ts';
import { createRunKeeper, type StoreChoice } from './run-keeper.ts';

const choice = (runId: string, heads = 0): StoreChoice => ({
  runId,
  heads: Array.from({ length: heads }, (_, head) => ({ layer: 0, head })),
  tokenRows: [],
  maps: [],
  differences: [],
  clean: null,
});
const run = sampleRun(SMALL);
const more = sampleRun({ ...SMALL, seed: 2 });
const forEver = { signal: new AbortController().signal };
const gone = () => Promise.reject(new AppError('engine-died', 'The engine process ended.'));

/** An engine whose answers are given by the test. */
function keeperOf(...answers: (() => Promise<StoredRun>)[]) {
  const store = vi.fn<Handlers<'run.store'>['run.store']>(() => (answers.shift() ?? gone)());
  return { store, keeper: createRunKeeper(store) };
}

describe('run keeper', () => {
  it('asks once for the same choice, and again for another', async () => {
    const { store, keeper } = keeperOf(
      () => Promise.resolve(run),
      () => Promise.resolve(more),
    );
    const both = [keeper.collect(choice('a'), forEver), keeper.collect(choice('a'), forEver)];
    expect(await Promise.all(both)).toEqual([
      { run, problem: null },
      { run, problem: null },
    ]);
    await keeper.collect(choice('a'), forEver);
    expect(store).toHaveBeenCalledTimes(1);
    expect(await keeper.collect(choice('a', 1), forEver)).toEqual({ run: more, problem: null });
  });

  it('has the older answer when the engine is gone, and says why', async () => {
    const { keeper } = keeperOf(() => Promise.resolve(run));
    await keeper.collect(choice('a'), forEver);
    expect(await keeper.collect(choice('a', 1), forEver)).toEqual({ run, problem: 'The engine process ended.' });
    expect(await keeper.collect(choice('b'), forEver)).toEqual({ run: null, problem: 'The engine process ended.' });
    keeper.retain(['b']);
    expect(await keeper.collect(choice('a'), forEver)).toMatchObject({ run: null });
  });

  it('does not wait longer than it may, and has the answer the next time', async () => {
    let answer: (run: StoredRun) => void = () => undefined;
    const { store, keeper } = keeperOf(() => new Promise((resolve) => (answer = resolve)));
    expect(await keeper.collect(choice('a'), { ...forEver, patienceMs: 5 })).toEqual({
      run: null,
      problem: 'The engine is busy.',
    });
    const second = keeper.collect(choice('a'), forEver);
    answer(run);
    expect(await second).toEqual({ run, problem: null });
    expect(store).toHaveBeenCalledTimes(1);
  });

  it('lets the engine go on when the caller gives up', async () => {
    let answer: (run: StoredRun) => void = () => undefined;
    const { store, keeper } = keeperOf(() => new Promise((resolve) => (answer = resolve)));
    const controller = new AbortController();
    const cancelled = keeper.collect(choice('a'), { signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toThrow(CancelledError);
    await expect(keeper.collect(choice('a'), { signal: controller.signal })).rejects.toThrow(CancelledError);
    expect(store.mock.calls[0]![1].signal.aborted).toBe(false);
    answer(run);
    expect(await keeper.collect(choice('a'), forEver)).toEqual({ run, problem: null });
  });

  it('never asks about a run of a file that the engine can add nothing to', async () => {
    const { store, keeper } = keeperOf();
    keeper.adopt('a', run, true);
    keeper.adopt('b', run, false);
    expect(await keeper.collect(choice('a', 3), forEver)).toEqual({ run, problem: null });
    expect(store).not.toHaveBeenCalled();
    expect(await keeper.collect(choice('b'), forEver)).toEqual({ run, problem: 'The engine process ended.' });
  });

  it('passes bugs on', async () => {
    const { keeper } = keeperOf(() => Promise.reject(new TypeError('bug')));
    await expect(keeper.collect(choice('a'), forEver)).rejects.toThrow('bug');
  });
});
