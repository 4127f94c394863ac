// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { assertExists } from '../../shared/base/assert.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import { pinToken, selectHead, toggleAblation, undo } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { comparisonKey, profileKey, scoresKey, summaryKey } from './data-keys.ts';

const HEAD = { layer: 2, head: 6 };

describe('first start', () => {
  it('opens the shipped model, runs the first example and selects an interesting head', async () => {
    const { store, cache, rest } = startSession();
    await rest();
    const { model, run, prompt, edit, view } = store.getState();
    expect(model.info?.name).toBe('demo');
    expect(prompt.text).toContain('copper lantern');
    expect(prompt.mode).toBe('tokens');
    const clean = assertExists(run.clean, 'clean run');
    expect(cache.value(summaryKey(clean.key))?.next).toHaveLength(10);
    expect(cache.value(scoresKey(clean.key))?.length).toBeGreaterThan(3);
    expect(view.scoreId).toBe('induction');
    const head = assertExists(edit.head, 'head');
    expect(cache.value(profileKey(clean.key, head))?.entropy).toHaveLength(clean.tokens);
    expect(prompt.count).toBe(clean.tokens);
    expect(prompt.estimate?.tokens).toBe(clean.tokens);
  });

  it('says why a prompt is too long and runs it cut', async () => {
    const { store, session, rest } = startSession({ context: 16 });
    await rest();
    expect(store.getState().run.error?.code).toBe('prompt-too-long');
    await session.runPrompt({ cut: true });
    expect(store.getState().run.clean?.tokens).toBe(16);
    expect(store.getState().run.clean?.cutTokens).toBeGreaterThan(0);
    expect(store.getState().run.error).toBeUndefined();
  });

  it('takes ids where the model has no tokenizer, and names what is no id', async () => {
    const { store, session, rest } = startSession({ tokenizer: false });
    await rest();
    patch(store, 'prompt', { idsText: '5, 6, x' });
    await session.runPrompt();
    expect(store.getState().run.error?.message).toContain('“x”');
    patch(store, 'prompt', { idsText: '5, 6, 7' });
    await session.runPrompt();
    await rest();
    expect(store.getState().run.clean?.tokens).toBe(3);
    expect(store.getState().prompt.count).toBe(3);
  });
});

describe('interventions', () => {
  it('runs them on the same prompt, compares, and undo takes them back', async () => {
    const { store, cache, host, rest } = startSession();
    await rest();
    toggleAblation(store, HEAD);
    await rest();
    const { clean, changed } = store.getState().run;
    const starts = host.engine.calls.filter(({ method }) => method === 'run.start');
    const last = starts.at(-1)?.params as ParamsOf<'run.start'>;
    expect(last.interventions).toEqual([{ what: 'zero', where: HEAD }]);
    const key = comparisonKey(assertExists(clean, 'clean').key, assertExists(changed, 'changed').key);
    expect(cache.value(key)?.kl).toBeGreaterThan(0);

    undo(store);
    await rest();
    expect(store.getState().run.changed).toBeUndefined();
    const released = host.engine.calls.filter(({ method }) => method === 'run.release');
    expect(released.at(-1)?.params).toEqual({ runId: changed?.runId });
  });

  it('keeps only the latest of several in a row', async () => {
    const { store, rest } = startSession({ layerMs: 2 });
    await rest();
    toggleAblation(store, HEAD);
    toggleAblation(store, { layer: 0, head: 1 });
    toggleAblation(store, HEAD);
    await rest();
    expect(store.getState().run.changed?.interventions).toBe('L0H1=zero');
    expect(store.getState().run.job).toBeUndefined();
  });

  it('apply to the next prompt as well', async () => {
    const { store, session, rest } = startSession();
    await rest();
    toggleAblation(store, HEAD);
    await rest();
    pinToken(store, 3);
    patch(store, 'prompt', { text: 'red kite blue drum red kite blue' });
    await session.runPrompt();
    await rest();
    expect(store.getState().run.changed?.tokens).toBe(8);
    expect(store.getState().edit.pinnedToken).toBeUndefined();
  });
});

describe('cancel', () => {
  it('keeps the run on screen', async () => {
    const { store, session, rest } = startSession({ layerMs: 2 });
    await rest();
    const before = store.getState().run.clean;
    patch(store, 'prompt', { text: 'another prompt' });
    const running = session.runPrompt();
    expect(store.getState().run.job?.kind).toBe('clean');
    session.cancelRun();
    await running;
    await rest();
    expect(store.getState().run).toMatchObject({ job: undefined, error: undefined, clean: before });
  });

  it('of an ablated run says so and can be made up for', async () => {
    const { store, session, rest } = startSession({ layerMs: 2 });
    await rest();
    toggleAblation(store, HEAD);
    session.cancelRun();
    await rest();
    expect(store.getState().run.changedError?.code).toBe('cancelled');
    await session.runInterventions();
    expect(store.getState().run.changed).toBeDefined();
    expect(store.getState().run.changedError).toBeUndefined();
  });
});

describe('an engine that dies', () => {
  it('is followed by a replay that keeps every choice', async () => {
    const { store, host, rest } = startSession();
    await rest();
    selectHead(store, HEAD);
    toggleAblation(store, HEAD);
    pinToken(store, 5);
    await rest();
    const before = store.getState();
    host.kill();
    await rest();
    expect(store.getState().host.engine).toBe('restarting');
    expect(store.getState().run.stale).toBe(true);
    expect(store.getState().ui.notice?.text).toContain('stopped');
    host.revive();
    await rest();
    const after = store.getState();
    expect(after.host.engine).toBe('ready');
    expect(after.run.stale).toBe(false);
    expect(after.edit).toEqual(before.edit);
    expect(after.run.clean?.key).not.toBe(before.run.clean?.key);
    expect(after.run.changed?.interventions).toBe('L2H6=zero');
    expect(after.ui.notice?.text).toContain('run again');
  });

  it('in the middle of a run repeats that run, without an error', async () => {
    const { store, session, host, rest } = startSession({ layerMs: 2 });
    await rest();
    patch(store, 'prompt', { text: 'red kite blue drum red kite blue' });
    const running = session.runPrompt();
    host.kill();
    await running;
    expect(store.getState().run.error).toBeUndefined();
    host.revive();
    await rest();
    expect(store.getState().run.clean?.tokens).toBe(8);
  });

  it('again and again on the same work is not repeated for ever', async () => {
    const { store, session, host, rest } = startSession();
    await rest();
    let open: (() => void) | undefined;
    host.engine.gate = new Promise((resolve) => (open = resolve));
    for (let death = 0; death < 3; death++) {
      host.kill();
      host.revive();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await rest();
    expect(store.getState().run.error?.code).toBe('engine-died');
    open?.();
    await session.tryAgain();
    await rest();
    expect(store.getState().run.stale).toBe(false);
    expect(store.getState().run.error).toBeUndefined();
  });

  it('by request is restarted through the host', async () => {
    const { store, session, rest } = startSession();
    await rest();
    await session.restartEngine();
    await rest();
    expect(store.getState().host.engine).toBe('ready');
    expect(store.getState().run.stale).toBe(false);
  });
});

describe('models', () => {
  it('keeps prompt and goes on with the model before when one cannot be opened', async () => {
    const { store, session, rest } = startSession();
    await rest();
    await session.openModel('/models/broken');
    await rest();
    const { model, run } = store.getState();
    expect(model.failed?.error.code).toBe('not-a-model');
    expect(model.info?.name).toBe('demo');
    expect(run.stale).toBe(false);
    expect(run.clean).toBeDefined();
  });

  it('forgets heads and interventions with another model', async () => {
    const { store, session, rest } = startSession();
    await rest();
    toggleAblation(store, HEAD);
    await rest();
    await session.openModel('/models/pythia-70m');
    await rest();
    const { edit, history, run, model } = store.getState();
    expect(model.info?.name).toBe('pythia-70m');
    expect(edit.interventions).toEqual([]);
    expect(history.past).toEqual([]);
    expect(run.clean).toBeDefined();
    expect(run.changed).toBeUndefined();
  });
});

describe('connection', () => {
  it('comes back by itself and runs everything again', async () => {
    const { store, host, supervisor, rest } = startSession();
    await rest();
    toggleAblation(store, HEAD);
    await rest();
    host.drop();
    await rest();
    expect(store.getState().host.connection.status).toBe('lost');
    host.engine.reset();
    supervisor.retryNow();
    await rest();
    expect(store.getState().host.connection.status).toBe('open');
    expect(store.getState().run.changed?.interventions).toBe('L2H6=zero');
    expect(store.getState().run.stale).toBe(false);
  });

  it('waits for the person where another window holds the engine', async () => {
    const { store, host, supervisor, rest } = startSession();
    await rest();
    host.drop('taken-over');
    await rest();
    expect(store.getState().host.connection.status).toBe('taken-over');
    supervisor.takeOver();
    await rest();
    expect(host.connections.at(-1)).toEqual({ takeOver: true });
    expect(store.getState().host.connection.status).toBe('open');
  });
});
