// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { labKey, labTaskKey, METHODS_KEY, overlapKey } from './lab-keys.ts';
import { redo, undo } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { answerKeyOf } from './lab-controller.ts';

const ENTRIES = [
  { method: 'dense', parameters: {}, budgets: null },
  { method: 'sink-window', parameters: {}, budgets: null },
  { method: 'quest', parameters: { page: 8 }, budgets: [{ keys: 10 }] },
];

let app: ReturnType<typeof startSession>;

beforeEach(async () => {
  app = startSession({ layers: 2, heads: 4, kvHeads: 2, findsRuns: true });
  await app.rest();
  app.session.lab.set({ entries: ENTRIES, budgets: [{ share: 0.25 }, { share: 0.5 }] });
});

const lab = () => app.store.getState().lab;
const record = () => {
  const { result } = lab();
  return result === undefined ? undefined : app.cache.value(labKey(result));
};

function callsOf(method: string) {
  return app.host.engine.calls.filter((call) => call.method === method).map(({ params }) => params);
}

describe('a comparison', () => {
  it('runs context, question and answer, then one method after the other', async () => {
    app.session.lab.set({ answer: ' copper lantern', questionStart: 50 });
    expect(await app.session.lab.compare()).toBe(true);
    const n = app.store.getState().run.clean!.tokens;
    expect(record()!.about).toMatchObject({
      tokens: n + 2,
      questionStart: 50,
      answerStart: n,
      promptLength: 50,
      question: 'unseen',
      fidelity: 'F2',
    });
    expect(record()!.about.displays.slice(-2)).toEqual(['·copper', '·lantern']);
    expect(record()!.rows.map(({ choice }) => [choice.method, choice.budget])).toEqual([
      ['dense', null],
      ['sink-window', { share: 0.25 }],
      ['sink-window', { share: 0.5 }],
      ['quest', { keys: 10 }],
    ]);
    expect(callsOf('method.run')).toMatchObject([
      { method: 'dense', budgets: [], promptLength: 50, answerStart: n, fidelity: 'F2' },
      { method: 'sink-window', budgets: [{ share: 0.25 }, { share: 0.5 }] },
      { method: 'quest', parameters: { page: 8 }, budgets: [{ keys: 10 }] },
    ]);
    expect(lab()).toMatchObject({ job: undefined, failed: undefined, cancelled: undefined });
  });

  it('does what is new, and everything again where nothing is', async () => {
    await app.session.lab.compare();
    expect(callsOf('method.run')).toHaveLength(3);
    app.session.lab.set({ entries: [...ENTRIES, { method: 'h2o', parameters: {}, budgets: null }] });
    await app.session.lab.compare();
    expect(callsOf('method.run')).toHaveLength(4);
    expect(record()!.rows).toHaveLength(6);
    await app.session.lab.compare();
    expect(callsOf('method.run')).toHaveLength(8);
    app.session.lab.set({ fidelity: 'F3' });
    await app.session.lab.compare();
    expect(callsOf('method.run')).toHaveLength(12);
  });

  it('keeps the rows that fit where a budget does not, and the others where a method fails', async () => {
    app.session.lab.set({ entries: ENTRIES.slice(1), budgets: [{ keys: 1 }, { keys: 8 }] });
    expect(await app.session.lab.compare()).toBe(true);
    expect(record()!.rows.map(({ result, error }) => [result?.resolved.budget, error?.message])).toEqual([
      [undefined, 'A budget of 1 key leaves no window.'],
      [8, undefined],
      [10, undefined],
    ]);
  });

  it('stops where the engine has lost its run, and keeps what came before', async () => {
    const stop = app.store.subscribe(() => {
      if (record()?.rows.length === 1) app.host.engine.reset();
    });
    expect(await app.session.lab.compare()).toBe(false);
    stop();
    expect(lab()).toMatchObject({ job: undefined, failed: { kind: 'compare', error: { code: 'unknown-run' } } });
    expect(record()!.rows.map(({ choice }) => choice.method)).toEqual(['dense']);
  });

  it('says what is missing before anything is run', async () => {
    app.session.lab.set({ question: 'seen' });
    expect(await app.session.lab.compare()).toBe(false);
    expect(lab().failed).toMatchObject({ kind: 'compare', error: { code: 'bad-request' } });
    expect(callsOf('method.run')).toEqual([]);
    app.session.lab.set({ question: 'unseen', entries: [] });
    expect(await app.session.lab.compare()).toBe(false);
    expect(lab().failed!.error.message).toBe('There is no method on the list.');
  });

  it('keeps its run in the engine while there is another prompt, and lets it go for the next', async () => {
    app.session.lab.set({ answer: ' copper' });
    await app.session.lab.compare();
    const { runId } = record()!;
    patch(app.store, 'prompt', { text: 'red kite blue drum red kite blue drum' });
    await app.session.runPrompt();
    expect(callsOf('run.release')).not.toContainEqual({ runId });
    await app.session.lab.compare();
    expect(callsOf('run.release')).toContainEqual({ runId });
    expect(record()!.runId).not.toBe(runId);
  });
});

it('cancelled, a comparison keeps its rows and goes on with the rest', async () => {
  app = startSession({ layers: 2, heads: 4, kvHeads: 2, layerMs: 5, findsRuns: true });
  await app.rest();
  app.session.lab.set({ entries: ENTRIES, budgets: [{ share: 0.25 }] });
  const stop = app.store.subscribe((state) => {
    if (state.lab.job && record()?.rows.length === 2) app.session.lab.cancel();
  });
  expect(await app.session.lab.compare()).toBe(false);
  stop();
  expect(lab()).toMatchObject({ job: undefined, cancelled: 'compare' });
  expect(record()!.rows).toHaveLength(2);
  const before = callsOf('method.run').length;
  expect(await app.session.lab.compare()).toBe(true);
  expect(record()!.rows.map(({ choice }) => choice.method)).toEqual(['dense', 'sink-window', 'quest']);
  expect(callsOf('method.run').slice(before)).toMatchObject([{ method: 'quest' }]);
});

it('finds what was looked at again in a comparison of another prompt, row by row', async () => {
  await app.session.lab.compare();
  const maps = [
    { row: null, value: 'probability' },
    { row: 3, value: 'lost' },
  ] as const;
  patch(app.store, 'lab', { row: 2, maps });
  patch(app.store, 'prompt', { text: 'red kite blue drum red kite blue drum' });
  await app.session.runPrompt();
  await app.session.lab.compare();
  expect(lab()).toMatchObject({ row: 2, maps });
  // What is chosen while rows come stays.
  const stop = app.store.subscribe(() => {
    if (lab().job && record()?.rows.length === 4 && lab().row === 2) patch(app.store, 'lab', { row: 1 });
  });
  await app.session.lab.compare();
  stop();
  expect(lab().row).toBe(1);
});

it('says so where the engine goes away meanwhile', async () => {
  app = startSession({ layers: 2, heads: 4, kvHeads: 2, layerMs: 5, findsRuns: true });
  await app.rest();
  app.session.lab.set({ entries: ENTRIES });
  const stop = app.store.subscribe(() => {
    if (lab().job && record()?.rows.length === 1) app.session.lab.stop();
  });
  expect(await app.session.lab.compare()).toBe(false);
  stop();
  expect(lab()).toMatchObject({ job: undefined, failed: { kind: 'compare', error: { code: 'engine-died' } } });
  expect(record()!.rows).toHaveLength(1);
});

describe('what the engine no longer holds', () => {
  /** As after a file: rows under other names of traces. */
  const rename = (named: (trace: string, at: number) => string) => {
    const before = record()!;
    const rows = before.rows.map((row, at) => {
      const result = { ...row.result!, trace: named(row.result!.trace!, at) };
      return { ...row, result };
    });
    app.cache.set(labKey(lab().result!), { status: 'ready', value: { ...before, runId: 'clean', rows } });
    patch(app.store, 'lab', { runKey: undefined });
    return { ...before, rows };
  };

  it('is run again in one go, on the same tokens, and nothing else is', async () => {
    app.session.lab.set({ answer: ' copper lantern', questionStart: 50, fidelity: 'F1' });
    await app.session.lab.compare();
    const of = record()!;
    rename((trace, at) => (at === 1 ? `${trace}/reads` : at === 3 ? 'trace-9' : trace));
    patch(app.store, 'lab', { row: 3 });
    app.session.lab.set({ entries: ENTRIES.slice(0, 1), budgets: [{ keys: 40 }], questionStart: 20, fidelity: 'F2' });
    const asked = callsOf('method.run').length;
    expect(await app.session.lab.again()).toBe(true);
    expect(callsOf('method.run').slice(asked)).toMatchObject([
      { method: 'sink-window', budgets: [{ share: 0.25 }], promptLength: 50, fidelity: 'F1' },
      { method: 'quest', parameters: { page: 8 }, budgets: [{ keys: 10 }], promptLength: 50, fidelity: 'F1' },
    ]);
    expect(record()).toEqual(of);
    expect(lab()).toMatchObject({ job: undefined, failed: undefined, row: 3 });
    expect(lab().runKey).toMatch(new RegExp(`/${of.runId}$`));
  });

  it('stays as far as it is there again when that is cancelled', async () => {
    app = startSession({ layers: 2, heads: 4, kvHeads: 2, layerMs: 5, findsRuns: true });
    await app.rest();
    app.session.lab.set({ entries: ENTRIES, budgets: [{ share: 0.25 }], fidelity: 'F1' });
    await app.session.lab.compare();
    rename((_, at) => `trace-${at}`);
    const isLost = () => record()!.rows.map(({ result }) => result!.trace!.startsWith('trace-'));
    const stop = app.store.subscribe((state) => {
      if (state.lab.job && !isLost()[1]) app.session.lab.cancel();
    });
    expect(await app.session.lab.again()).toBe(false);
    stop();
    expect(lab()).toMatchObject({ job: undefined, failed: undefined });
    expect(isLost()).toEqual([false, false, true]);
    const before = callsOf('method.run').length;
    expect(await app.session.lab.again()).toBe(true);
    expect(callsOf('method.run').slice(before)).toMatchObject([{ method: 'quest' }]);
  });

  it('is not made of another prompt', async () => {
    await app.session.lab.compare();
    const before = rename((_, at) => `trace-${at}`);
    patch(app.store, 'prompt', { text: 'red kite blue drum red kite blue drum' });
    await app.session.runPrompt();
    expect(await app.session.lab.again()).toBe(false);
    expect(lab().failed).toMatchObject({ kind: 'again', error: { code: 'bad-request' } });
    expect(record()!.rows).toEqual(before.rows);
  });
});

describe('the answer', () => {
  it('is written by dense attention where that is asked for', async () => {
    expect(await app.session.lab.denseAnswer()).toBe(true);
    expect(lab().settings).toMatchObject({ answerFrom: 'generated' });
    expect(lab().settings.answer.startsWith(' copper lantern')).toBe(true);
  });

  it('is split as it goes on from the prompt', async () => {
    app.session.lab.set({ answer: ' copper lantern' });
    await app.session.lab.loadAnswer();
    const key = answerKeyOf(app.store.getState())!;
    expect(app.cache.value(key)!.tokens.map(({ display }) => display)).toEqual(['·copper', '·lantern']);
  });

  it('and the cut are of one prompt, unless the answer was typed', async () => {
    app.session.lab.set({ answer: ' copper', answerFrom: 'generated', questionStart: 20 });
    patch(app.store, 'prompt', { text: 'red kite blue drum red kite blue' });
    await app.session.runPrompt();
    expect(lab().settings).toMatchObject({ answer: '', answerFrom: 'typed', questionStart: null });
    app.session.lab.set({ answer: ' drum', questionStart: 3 });
    patch(app.store, 'prompt', { text: 'red kite blue drum red kite' });
    await app.session.runPrompt();
    expect(lab().settings).toMatchObject({ answer: ' drum', questionStart: null });
  });
});

it('takes the prompt of a task with its question and its answer', async () => {
  expect(await app.session.lab.takeSample('needle', {})).toBe(true);
  const { settings } = lab();
  expect(settings).toMatchObject({ answer: ' copper lantern', answerFrom: 'task' });
  expect(app.store.getState().prompt.text).toContain('They call Maren copper lantern.');
  await app.session.lab.compare();
  expect(record()!.about.displays[settings.questionStart!]).toBe('⏎');
});

it('takes the prompt of a task back in one step, with what was set for it', async () => {
  const mine = app.store.getState().prompt.text;
  app.session.lab.set({ fidelity: 'F3' }, 'needle');
  expect(await app.session.lab.takeSample('needle', {}, 'needle')).toBe(true);
  undo(app.store);
  await app.rest();
  expect(app.store.getState().prompt.text).toBe(mine);
  expect(app.store.getState().run.source).toMatchObject({ text: mine });
  expect(lab().settings).toMatchObject({ fidelity: 'F2', answer: '', answerFrom: 'typed', questionStart: null });
  expect(lab().settings.entries).toEqual(ENTRIES);
});

it('brings every prompt back with what was set for it, undo and redo as fast as can be', async () => {
  app.session.lab.set({ questionStart: 4, answer: ' mine', answerFrom: 'generated' });
  const mine = { questionStart: 4, answer: ' mine', answerFrom: 'generated' };
  const task = { answer: ' copper lantern', answerFrom: 'task' };
  app.session.lab.set({ fidelity: 'F3' }, 'needle');
  await app.session.lab.takeSample('needle', {}, 'needle');
  const { questionStart } = lab().settings;
  expect(questionStart).not.toBeNull();
  app.session.lab.set({ answer: ' kettle', answerFrom: 'typed' });
  undo(app.store);
  expect(lab().settings).toMatchObject(task);
  undo(app.store);
  // The needle is still on screen, and its answer with it.
  expect(lab().settings).toMatchObject({ ...task, fidelity: 'F2' });
  await app.rest();
  expect(lab().settings).toMatchObject(mine);
  redo(app.store);
  await app.rest();
  expect(lab().settings).toMatchObject({ ...task, questionStart, fidelity: 'F3' });
  expect(await app.session.lab.compare()).toBe(true);
  expect(record()!.about.answerStart).not.toBeNull();
  undo(app.store);
  undo(app.store);
  expect(lab().waiting?.settings).toMatchObject({ questionStart: null, answer: '' });
  redo(app.store);
  redo(app.store);
  redo(app.store);
  await app.rest();
  expect(lab()).toMatchObject({
    waiting: undefined,
    settings: { questionStart, answer: ' kettle', answerFrom: 'typed', fidelity: 'F3' },
  });
});

it('forgets what waits for a prompt that another one comes before', async () => {
  await app.session.lab.takeSample('needle', {});
  undo(app.store);
  await app.rest();
  redo(app.store);
  expect(lab().waiting).toBeDefined();
  patch(app.store, 'prompt', { text: 'Another one, which was typed.' });
  await app.session.runPrompt();
  expect(lab()).toMatchObject({ waiting: undefined, settings: { answer: '', questionStart: null } });
});

it('measures methods on a task, at the longest length where none is given', async () => {
  expect(await app.session.lab.task()).toBe(true);
  expect(callsOf('method.task')).toMatchObject([
    { task: 'needle', lengths: [1024], questions: ['unseen'], fidelity: 'F3', choices: { length: 4 } },
  ]);
  const found = app.cache.value(labTaskKey(lab().taskResult!))!;
  expect(found.rows).toHaveLength(4);
  expect(found.names['sink-window']).toBe('StreamingLLM (sink + window)');
});

it('tells how far methods read the same keys, each pair once', async () => {
  await app.session.lab.loadOverlap(['a', 'b', 'a']);
  expect(callsOf('method.overlap')).toEqual([{ traces: ['a', 'b'] }]);
  expect(app.cache.value(overlapKey('b', 'a'))![0]).toBe(0.25);
});

it('forgets results of another model, but not the list of methods', async () => {
  await app.session.lab.loadMethods();
  await app.session.lab.compare();
  const id = lab().result!;
  await app.session.openModel('/models/pythia-70m');
  await app.rest();
  expect(lab()).toMatchObject({ result: undefined, row: 0, maps: [], runKey: undefined });
  expect(app.cache.get(labKey(id))).toBeUndefined();
  expect(app.cache.value(METHODS_KEY)).toHaveLength(7);
});
