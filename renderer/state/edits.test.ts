// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import {
  addToComparison,
  endComparison,
  foldTokens,
  markToken,
  pinToken,
  redo,
  removeFromComparison,
  renameFold,
  replacePrompt,
  resetEdits,
  selectHead,
  setDifference,
  setInterventions,
  toggleAblation,
  togglePin,
  undo,
  unfold,
} from './edits.ts';
import { changeIntervention, removeIntervention } from './intervention-edits.ts';
import { createAppStore, patch, type AppStore } from './store.ts';

const A = { layer: 0, head: 1 };
const B = { layer: 2, head: 6 };
let store: AppStore;
const edit = () => store.getState().edit;

beforeEach(() => {
  store = createAppStore();
  const clean = { key: '0/r1', runId: 'r1', tokens: 10, cutTokens: 0, badge: 'exact', interventions: '' } as const;
  patch(store, 'run', { clean });
});

describe('edits', () => {
  it('toggle a head, and undo restores the list as it was', () => {
    toggleAblation(store, A);
    toggleAblation(store, B);
    expect(edit().interventions.map(({ where }) => where)).toEqual([A, B]);
    toggleAblation(store, A);
    expect(edit().interventions.map(({ where }) => where)).toEqual([B]);
    undo(store);
    expect(edit().interventions.map(({ where }) => where)).toEqual([A, B]);
    undo(store);
    undo(store);
    expect(edit().interventions).toEqual([]);
    redo(store);
    expect(edit().interventions.map(({ where }) => where)).toEqual([A]);
  });

  it('restore a scaled head as well', () => {
    setInterventions(store, [{ what: 'scale', where: A, parameters: { factor: 0.5 } }]);
    toggleAblation(store, A);
    expect(edit().interventions).toEqual([]);
  });

  it('take a walk through the atlas back in one step', () => {
    selectHead(store, A);
    selectHead(store, { layer: 0, head: 2 });
    selectHead(store, B);
    undo(store);
    expect(edit().head).toBeUndefined();
  });

  it('take typing a factor back in one step', () => {
    setInterventions(store, [{ what: 'scale', where: A, parameters: { factor: 0.5 } }]);
    changeIntervention(store, 0, { what: 'scale', where: A, parameters: { factor: 0 } }, true);
    changeIntervention(store, 0, { what: 'scale', where: A, parameters: { factor: 0.2 } }, true);
    undo(store);
    expect(edit().interventions).toEqual([{ what: 'scale', where: A, parameters: { factor: 0.5 } }]);
  });

  it('do not count what changes nothing', () => {
    toggleAblation(store, A);
    selectHead(store, A);
    const { past } = store.getState().history;
    selectHead(store, { ...A });
    setInterventions(store, [{ what: 'zero', where: { ...A } }]);
    expect(store.getState().history.past).toBe(past);
  });

  it('remove one entry by its place', () => {
    toggleAblation(store, A);
    toggleAblation(store, B);
    removeIntervention(store, 0);
    expect(edit().interventions.map(({ where }) => where)).toEqual([B]);
  });

  it('drop a pin that the prompt on screen is too short for', () => {
    pinToken(store, 9);
    togglePin(store, 9);
    patch(store, 'run', { clean: { ...store.getState().run.clean!, tokens: 3 } });
    undo(store);
    expect(edit().pinnedToken).toBeUndefined();
  });

  it('replace the prompt in a step of its own, and keep what was typed on either side', () => {
    const prompt = () => store.getState().prompt.text;
    const type = (text: string) => patch(store, 'prompt', { text });
    type('one');
    selectHead(store, A);
    replacePrompt(store, { text: 'one two', idsText: '' });
    pinToken(store, 1);
    expect(prompt()).toBe('one two');
    type('one two three');
    undo(store);
    expect(prompt()).toBe('one two three');
    undo(store);
    expect(prompt()).toBe('one');
    type('ones');
    undo(store);
    expect([prompt(), edit().head]).toEqual(['ones', undefined]);
    redo(store);
    expect([prompt(), edit().head]).toEqual(['ones', A]);
    redo(store);
    expect(prompt()).toBe('one two three');
    undo(store);
    expect(prompt()).toBe('ones');
  });

  it('bring the editor back with the first token that it was told to begin with', () => {
    patch(store, 'prompt', { text: 'one', bos: false });
    replacePrompt(store, { text: 'two', idsText: '', bos: true });
    undo(store);
    expect(store.getState().prompt).toMatchObject({ text: 'one', bos: false });
    redo(store);
    expect(store.getState().prompt).toMatchObject({ text: 'two', bos: true });
  });

  it('show the likelihood change with the first intervention, unless a token is pinned', () => {
    toggleAblation(store, A);
    expect(store.getState().view.stripColour).toBe('change');
    undo(store);
    patch(store, 'view', { stripColour: 'incoming' });
    pinToken(store, 2);
    toggleAblation(store, A);
    expect(store.getState().view.stripColour).toBe('incoming');
  });

  it('take stepping through places back at once', () => {
    pinToken(store, 2);
    for (const index of [4, 6, 8]) markToken(store, index);
    expect(edit().pinnedToken).toBe(8);
    undo(store);
    expect(edit().pinnedToken).toBe(2);
  });

  it('compare heads, and undo takes each step back', () => {
    patch(store, 'model', { info: { modelId: 'm' } as never });
    addToComparison(store, A);
    addToComparison(store, B);
    addToComparison(store, B);
    setDifference(store, { of: A, minus: B });
    expect(edit().comparison).toEqual({ modelId: 'm', heads: [A, B], difference: { of: A, minus: B } });
    removeFromComparison(store, B);
    expect(edit().comparison).toEqual({ modelId: 'm', heads: [A], difference: undefined });
    undo(store);
    expect(edit().comparison?.difference).toEqual({ of: A, minus: B });
    endComparison(store);
    expect(edit().comparison).toBeUndefined();
    for (let step = 0; step < 4; step++) undo(store);
    expect(edit().comparison).toBeUndefined();
    redo(store);
    expect(edit().comparison?.heads).toEqual([A]);
    resetEdits(store, 'm');
    expect(edit().comparison?.heads).toEqual([A]);
    resetEdits(store, 'other');
    expect(edit().comparison).toBeUndefined();
  });

  it('fold spans of the prompt, rename and unfold them', () => {
    patch(store, 'run', { source: { kind: 'text', text: 'a story', bos: true } });
    foldTokens(store, 2, 5, 'needle');
    foldTokens(store, 5, 5, 'nothing');
    expect(edit().folds).toMatchObject([{ start: 2, end: 5, name: 'needle' }]);
    for (const name of ['k', 'ke', 'key']) renameFold(store, edit().folds[0]!, name);
    expect(edit().folds[0]!.name).toBe('key');
    undo(store);
    expect(edit().folds[0]!.name).toBe('needle');
    unfold(store, edit().folds[0]!);
    expect(edit().folds).toEqual([]);
    undo(store);
    expect(edit().folds).toHaveLength(1);
  });
});
