// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { assertExists } from '../../shared/base/assert.ts';
import { pinToken, selectHead, toggleAblation } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { profileKey, scoresKey, summaryKey } from './data-keys.ts';
import { isBeingReplaced } from './run-questions.ts';

const HEAD = { layer: 2, head: 6 };

/** The engine dies on every replay, held at its gate, until the session gives up. Returns what opens the gate. */
async function dieUntilGivenUp(host: ReturnType<typeof startSession>['host']): Promise<() => void> {
  let open: () => void = () => undefined;
  host.engine.gate = new Promise((resolve) => (open = resolve));
  for (let death = 0; death < 3; death++) {
    host.kill();
    host.revive();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return open;
}

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
    const open = await dieUntilGivenUp(host);
    await rest();
    expect(store.getState().run.error?.code).toBe('engine-died');
    expect(store.getState().run.stale).toBe(true);
    expect(isBeingReplaced(store.getState())).toBe(false);
    open();
    await session.tryAgain();
    await rest();
    expect(store.getState().run.stale).toBe(false);
    expect(store.getState().run.error).toBeUndefined();
  });

  it('given up, is opened again by the next run of another prompt', async () => {
    const { store, session, host, rest } = startSession();
    await rest();
    const open = await dieUntilGivenUp(host);
    await rest();
    open();
    expect(store.getState().ui.notice?.text).not.toContain('being restarted');
    patch(store, 'prompt', { text: 'a harmless prompt' });
    await session.runPrompt();
    await rest();
    expect(store.getState().run.error).toBeUndefined();
    expect(store.getState().run.stale).toBe(false);
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
