// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { redo, replacePrompt, resetEdits, selectHead, undo } from './edits.ts';
import { changeLab } from './lab-edits.ts';
import { initialLab } from './lab-state.ts';
import { createAppStore, patch, type AppStore } from './store.ts';

let store: AppStore;
const settings = () => store.getState().lab.settings;
const entries = () => settings().entries.map(({ method }) => method);
const remove = (method: string) =>
  changeLab(store, { entries: settings().entries.filter((entry) => entry.method !== method) });
/** Another prompt on screen, as a run of it brings it. */
const show = (text: string) => patch(store, 'run', { source: { kind: 'text', text, bos: true } });

beforeEach(() => {
  store = createAppStore();
  const clean = { key: '0/r1', runId: 'r1', tokens: 10, cutTokens: 0, badge: 'exact', interventions: '' } as const;
  patch(store, 'run', { clean });
  show('one');
});

describe('changes of the lab', () => {
  it('are taken back in the order of all that was done', () => {
    const first = entries();
    remove('quest');
    selectHead(store, { layer: 1, head: 0 });
    changeLab(store, { fidelity: 'F3' });
    undo(store);
    expect([settings().fidelity, store.getState().edit.head]).toEqual(['F2', { layer: 1, head: 0 }]);
    undo(store);
    expect(store.getState().edit.head).toBeUndefined();
    expect(entries()).not.toContain('quest');
    undo(store);
    expect(entries()).toEqual(first);
    for (let step = 0; step < 3; step++) redo(store);
    expect(settings().fidelity).toBe('F3');
    expect(entries()).not.toContain('quest');
  });

  it('are one step while a budget is typed, whatever comes of the same list next', () => {
    for (const share of [0.1, 0.12, 0.125]) changeLab(store, { budgets: [{ share }] }, 'lab-budgets');
    remove('quest');
    undo(store);
    expect(settings().budgets).toEqual([{ share: 0.125 }]);
    undo(store);
    expect(settings()).toEqual(initialLab.settings);
    redo(store);
    expect(settings().budgets).toEqual([{ share: 0.125 }]);
    expect(entries()).toContain('quest');
  });

  it('leave the axes of the plot as they are, unless the step had changed them', () => {
    const look = (cost: 'selected' | 'resident') => patch(store, 'lab', { settings: { ...settings(), cost } });
    changeLab(store, { fidelity: 'F1', cost: 'kvBytes' });
    remove('quest');
    look('selected');
    undo(store);
    expect([settings().cost, entries().includes('quest')]).toEqual(['selected', true]);
    look('resident');
    redo(store);
    expect(settings().cost).toBe('resident');
    undo(store);
    undo(store);
    expect([settings().fidelity, settings().cost]).toEqual(['F2', initialLab.settings.cost]);
  });

  it('are none where nothing changes', () => {
    patch(store, 'lab', { cancelled: 'compare' });
    changeLab(store, { budgets: [...settings().budgets], fidelity: 'F2' });
    expect(store.getState().history.past).toEqual([]);
    expect(store.getState().lab.cancelled).toBe('compare');
  });

  it('make what was begun before other work', () => {
    remove('quest');
    patch(store, 'lab', { cancelled: 'compare' });
    undo(store);
    expect(store.getState().lab.cancelled).toBeUndefined();
  });

  it('bring no cut of another prompt back', () => {
    changeLab(store, { questionStart: 4, question: 'seen' });
    show('another');
    patch(store, 'lab', { settings: { ...settings(), questionStart: null } });
    changeLab(store, { questionStart: 7 });
    undo(store);
    expect(settings().questionStart).toBeNull();
    undo(store);
    expect([settings().questionStart, settings().question]).toEqual([null, 'unseen']);
    redo(store);
    expect([settings().questionStart, settings().question]).toEqual([null, 'seen']);
  });

  it('go back together with the prompt that was taken with them', () => {
    patch(store, 'prompt', { text: 'mine' });
    changeLab(store, { fidelity: 'F3' }, 'lab-gesture');
    replacePrompt(store, { text: 'a needle', idsText: '' }, 'lab-gesture');
    changeLab(store, { answer: ' copper', answerFrom: 'task' }, 'lab-gesture');
    undo(store);
    expect([store.getState().prompt.text, settings().fidelity, settings().answer]).toEqual(['mine', 'F2', '']);
    expect(store.getState().history.past).toEqual([]);
    redo(store);
    expect([store.getState().prompt.text, settings().fidelity]).toEqual(['a needle', 'F3']);
  });

  it('are not gone back through with another model', () => {
    remove('quest');
    resetEdits(store, 'other');
    undo(store);
    expect(entries()).not.toContain('quest');
  });
});
