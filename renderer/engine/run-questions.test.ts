// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { RunHandle } from '../state/run-state.ts';
import { createAppStore, initialState, type AppState } from '../state/store.ts';
import { askAboutRun, isBeingReplaced } from './run-questions.ts';

const RUN: RunHandle = { key: '0/r1', runId: 'r1', tokens: 4, cutTokens: 0, badge: 'exact', interventions: '' };
const GONE = new AppError('unknown-run', 'There is no run r1.');

/** A stale run on screen, and nothing under way. */
const atRest: AppState = {
  ...initialState,
  host: { ...initialState.host, connection: { status: 'open' } },
  run: { ...initialState.run, clean: RUN, stale: true },
};

const cases: readonly [string, AppState, boolean][] = [
  ['nothing is under way', atRest, false],
  ['the engine comes back', { ...atRest, host: { ...atRest.host, engine: 'restarting' } }, true],
  [
    'a model is opened',
    { ...atRest, model: { ...atRest.model, opening: { path: 'demo', progress: undefined } } },
    true,
  ],
  ['the prompt is run', { ...atRest, run: { ...atRest.run, job: { kind: 'clean', progress: undefined } } }, true],
  ['the host is called again', withConnection({ status: 'lost', reason: '', attempt: 1 }), true],
  ['another window has the engine', withConnection({ status: 'taken-over' }), false],
  ['they are not stale', { ...atRest, run: { ...atRest.run, stale: false } }, false],
];

function withConnection(connection: AppState['host']['connection']): AppState {
  return { ...atRest, host: { ...atRest.host, connection, engine: 'restarting' } };
}

describe('runs on screen', () => {
  it.each(cases)('while %s', (_, state, expected) => {
    expect(isBeingReplaced(state)).toBe(expected);
  });
});

describe('a question that fails', () => {
  const ask = (state: AppState, run = RUN, error: Error = GONE, signal = new AbortController().signal) =>
    askAboutRun(createAppStore(state), run, signal, () => Promise.reject(error));
  const live: AppState = { ...atRest, run: { ...atRest.run, stale: false } };

  it('says so about the run on screen', async () => {
    await expect(ask(live)).rejects.toBe(GONE);
  });

  it('is cancelled where another follows', async () => {
    const restarting: AppState = { ...atRest, host: { ...atRest.host, engine: 'restarting' } };
    await expect(ask(restarting)).rejects.toBeInstanceOf(CancelledError);
    await expect(ask(live, { ...RUN, key: '0/r0' })).rejects.toBeInstanceOf(CancelledError);
    await expect(ask(live, RUN, new AppError('engine-died', 'Gone.'))).rejects.toBeInstanceOf(CancelledError);
    await expect(ask(atRest, RUN, GONE, AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError);
  });

  it('says so where a stale run stays, so that nobody waits', async () => {
    await expect(ask(atRest)).rejects.toMatchObject({ code: 'engine-died' });
    await expect(ask(atRest, RUN, new CancelledError())).rejects.toMatchObject({ code: 'engine-died' });
  });
});
