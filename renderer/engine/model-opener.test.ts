// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { assertExists } from '../../shared/base/assert.ts';
import { toggleAblation } from '../state/edits.ts';
import { startSession } from '../testing/start-session.ts';
import { scoresKey } from './data-keys.ts';

const HEAD = { layer: 2, head: 6 };

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

  it('serves the model that the person opens while the engine comes back with another', async () => {
    const { store, cache, session, host, rest } = startSession();
    await rest();
    let open: (() => void) | undefined;
    host.engine.gate = new Promise((resolve) => (open = resolve));
    host.kill();
    host.revive();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(store.getState().model.opening?.path).toBe('demo');
    const opening = session.openModel('/models/pythia-70m');
    open?.();
    await opening;
    await rest();
    const { model, host: hostState, run } = store.getState();
    expect(model.info?.name).toBe('pythia-70m');
    expect(hostState.engine).toBe('ready');
    expect(cache.value(scoresKey(assertExists(run.clean, 'clean run').key))).toBeDefined();
  });
});
