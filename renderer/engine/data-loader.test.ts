// @vitest-environment node
import { expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { MethodName } from '../../shared/contract/methods.ts';
import type { Client } from '../../shared/rpc/client.ts';
import { Activity } from '../base/activity.ts';
import { createAppStore, initialState, patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { DataCache } from './data-cache.ts';
import { scoresKey } from './data-keys.ts';
import { DataLoader } from './data-loader.ts';
import { EngineLink } from './engine-link.ts';

const RUN = { key: '0/r1', runId: 'r1', tokens: 4, cutTokens: 0, badge: 'exact', interventions: '' } as const;

/** A loader for a run on screen whose scores are all that is demanded, and an engine that answers with `answer`. */
function startLoader(answer: (method: MethodName, signal: AbortSignal | undefined) => Promise<unknown>) {
  const store = createAppStore({
    host: { ...initialState.host, connection: { status: 'open' } },
    run: { ...initialState.run, clean: RUN },
  });
  const cache = new DataCache();
  const link = new EngineLink();
  link.client = {
    call: (method: MethodName, _params: unknown, options?: { signal?: AbortSignal }) => answer(method, options?.signal),
  } as unknown as Client;
  const cleanScores: string[] = [];
  const onCleanScores = () => cleanScores.push(cache.get(scoresKey(RUN.key))?.status ?? 'none');
  const loader = new DataLoader({ store, cache, activity: new Activity(() => false), link, onCleanScores });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { store, cache, loader, cleanScores, settle };
}

it('keeps why data could not be had, until it is asked for again', async () => {
  const answers = [Promise.reject(new AppError('not-finite', 'NaN.')), Promise.resolve({ scores: [] })];
  const { cache, loader, cleanScores, settle } = startLoader(() => answers.shift()!);
  loader.reconcile();
  await settle();
  const key = scoresKey(RUN.key);
  expect(cache.get(key)).toEqual({ status: 'failed', error: { code: 'not-finite', message: 'NaN.' } });
  loader.reconcile();
  await settle();
  expect(answers).toHaveLength(1);
  loader.retry(key);
  await settle();
  expect(cache.value(key)).toEqual([]);
  expect(cleanScores).toEqual(['ready']);
});

it('gives up what a stale run was asked for', async () => {
  let asked: AbortSignal | undefined;
  const { store, cache, loader, settle } = startLoader(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        asked = signal;
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  loader.reconcile();
  expect(cache.get(scoresKey(RUN.key))?.status).toBe('loading');
  patch(store, 'run', { stale: true });
  loader.reconcile();
  await settle();
  expect(asked?.aborted).toBe(true);
  expect(cache.get(scoresKey(RUN.key))).toBeUndefined();
});

it('asks anew for what is wanted again before its end has come', async () => {
  const answers: ((value: unknown) => void)[] = [];
  const { store, cache, loader, settle } = startLoader(
    (_, signal) =>
      new Promise((resolve, reject) => {
        answers.push(resolve);
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  loader.reconcile();
  for (const stale of [true, false]) {
    patch(store, 'run', { stale });
    loader.reconcile();
  }
  await settle();
  expect(answers).toHaveLength(2);
  expect(cache.get(scoresKey(RUN.key))?.status).toBe('loading');
  answers[1]!({ scores: [] });
  await settle();
  expect(cache.value(scoresKey(RUN.key))).toEqual([]);
});

it('asks for nothing that only passes under the pointer', async () => {
  const { store, host, rest } = startSession();
  await rest();
  host.engine.calls.length = 0;
  for (const hoverToken of [1, 2, 3]) patch(store, 'ui', { hoverToken });
  await rest();
  const asked = host.engine.calls.filter(({ method }) => method === 'run.token').map(({ params }) => params);
  expect(asked).toMatchObject([{ index: 3 }]);
});
