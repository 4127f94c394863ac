// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { assertExists } from '../../shared/base/assert.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import { pinToken, toggleAblation, undo } from '../state/edits.ts';
import {
  addInterventions,
  addScenario,
  compareScenario,
  setFinalNorm,
  toggleIntervention,
} from '../state/intervention-edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { comparisonKey } from './data-keys.ts';

const HEAD = { layer: 2, head: 6 };

describe('prompts', () => {
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

describe('entries and scenarios', () => {
  const starts = (host: ReturnType<typeof startSession>['host']) =>
    host.engine.calls
      .filter(({ method }) => method === 'run.start')
      .map(({ params }) => params as ParamsOf<'run.start'>);

  it('run with what is on and whole only', async () => {
    const { store, host, rest } = startSession();
    await rest();
    addInterventions(store, [
      { what: 'zero', where: HEAD },
      { what: 'zero', where: { layer: 0, head: 0 }, off: true },
      { what: 'patch', where: { layer: 1, head: 0 } },
    ]);
    await rest();
    expect(starts(host).at(-1)?.interventions).toEqual([{ what: 'zero', where: HEAD }]);
    const count = starts(host).length;
    toggleIntervention(store, 0);
    await rest();
    expect(store.getState().run.changed).toBeUndefined();
    expect(starts(host)).toHaveLength(count);
  });

  it('run again with the final norm frozen, and say so of the run', async () => {
    const { store, host, rest } = startSession();
    await rest();
    setFinalNorm(store, 'frozen');
    await rest();
    expect(starts(host)).toHaveLength(1);
    toggleAblation(store, HEAD);
    await rest();
    expect(starts(host).at(-1)?.finalNorm).toBe('frozen');
    expect(store.getState().run.changed?.finalNorm).toBe('frozen');
    setFinalNorm(store, 'recomputed');
    await rest();
    expect(starts(host).at(-1)).not.toHaveProperty('finalNorm');
    expect(store.getState().run.changed?.finalNorm).toBeUndefined();
  });

  it('has the run of the compared scenario beside its own, kept while its own changes', async () => {
    const { store, host, rest } = startSession();
    await rest();
    toggleAblation(store, HEAD);
    addScenario(store, 'empty');
    compareScenario(store, 's1');
    toggleAblation(store, { layer: 0, head: 1 });
    await rest();
    const { changed, other, job } = store.getState().run;
    expect([changed?.interventions, other?.interventions, job]).toEqual(['L0H1=zero', 'L2H6=zero', undefined]);
    const count = starts(host).length;
    toggleAblation(store, { layer: 0, head: 2 });
    await rest();
    expect(store.getState().run.other).toBe(other);
    expect(starts(host)).toHaveLength(count + 1);
    compareScenario(store, undefined);
    await rest();
    expect(store.getState().run.other).toBeUndefined();
    const released = host.engine.calls.filter(({ method }) => method === 'run.release');
    expect(released.at(-1)?.params).toEqual({ runId: other?.runId });
  });

  it('compares with the clean run itself where the other scenario changes nothing', async () => {
    const { store, host, rest } = startSession();
    await rest();
    addScenario(store, 'empty');
    compareScenario(store, 's1');
    toggleAblation(store, HEAD);
    await rest();
    const { clean, other } = store.getState().run;
    expect(other).toBe(clean);
    compareScenario(store, undefined);
    await rest();
    expect(host.engine.calls.some(({ method }) => method === 'run.release')).toBe(false);
  });

  it('begins the compared run anew after a cancel only when it is asked for', async () => {
    const { store, session, host, rest } = startSession();
    await rest();
    toggleAblation(store, HEAD);
    addScenario(store, 'empty');
    await rest();
    let open = () => {};
    host.engine.gate = new Promise((resolve) => (open = resolve));
    compareScenario(store, 's1');
    await Promise.resolve();
    expect(store.getState().run.job?.kind).toBe('other');
    session.cancelRun();
    open();
    host.engine.gate = undefined;
    await rest();
    expect(store.getState().run.otherError?.code).toBe('cancelled');
    expect(store.getState().run.other).toBeUndefined();
    session.runCompared();
    await rest();
    expect(store.getState().run.other?.interventions).toBe('L2H6=zero');
  });

  it('takes the compared run up again on the next prompt', async () => {
    const { store, session, rest } = startSession();
    await rest();
    toggleAblation(store, HEAD);
    addScenario(store, 'empty');
    compareScenario(store, 's1');
    await rest();
    patch(store, 'prompt', { text: 'Another prompt.' });
    await session.runPrompt();
    await rest();
    const { clean, other } = store.getState().run;
    expect([other?.interventions, other?.tokens]).toEqual(['L2H6=zero', clean?.tokens]);
  });
});
