// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { pinToken } from '../state/edits.ts';
import { createAppStore, patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { commandForPress, COMMANDS, findCommand, isPossible, runCommand } from './registry.ts';

function press(key: string, modifiers: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {}) {
  return { key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...modifiers };
}

describe('the registry', () => {
  it('has each key once, but for Esc, which goes to the first that is possible', async () => {
    const keys = COMMANDS.flatMap((command) => command.keys ?? []).filter((key) => key !== 'escape');
    expect(new Set(keys).size).toBe(keys.length);
    const { store, session, rest } = startSession({ tokenMs: 2 });
    await rest();
    pinToken(store, 1);
    const esc = () => commandForPress(press('Escape'), store.getState(), false, false)?.id;
    expect(esc()).toBe('prompt.unpin');
    const generating = session.generate();
    expect(esc()).toBe('prompt.stopGenerating');
    session.cancelGeneration();
    await generating;
    expect(esc()).toBe('prompt.unpin');
  });

  it('finds the command of a key, and leaves text fields their own', () => {
    const state = createAppStore().getState();
    const id = (...args: Parameters<typeof commandForPress>) => commandForPress(...args)?.id;
    expect(id(press('k', { ctrlKey: true }), state, true, false)).toBe('view.openPalette');
    expect(id(press('k', { metaKey: true }), state, true, true)).toBe('view.openPalette');
    expect(id(press('?', { shiftKey: true }), state, false, false)).toBe('help.showKeys');
    expect(id(press('?', { shiftKey: true }), state, true, false)).toBeUndefined();
    expect(id(press('a'), state, false, false)).toBeUndefined(); // no head yet
  });

  it('tells undo from redo', () => {
    const store = createAppStore();
    store.setState({
      history: { past: [{ before: store.getState().edit, mergeKey: undefined }], future: [store.getState().edit] },
    });
    const state = store.getState();
    expect(commandForPress(press('z', { ctrlKey: true }), state, false, false)?.id).toBe('edit.undo');
    expect(commandForPress(press('Z', { ctrlKey: true, shiftKey: true }), state, false, false)?.id).toBe('edit.redo');
  });

  it('runs by id with an argument, and says when it cannot', async () => {
    const services = startSession();
    expect(runCommand(services, 'head.toggleAblation')).toBe(false);
    expect(runCommand(services, 'no.such')).toBe(false);
    await services.rest();
    expect(runCommand(services, 'head.select', 'L3H2')).toBe(true);
    expect(services.store.getState().edit.head).toEqual({ layer: 3, head: 2 });
    expect(runCommand(services, 'head.toggleAblation', '0.1')).toBe(true);
    expect(services.store.getState().edit.interventions).toEqual([{ what: 'zero', where: { layer: 0, head: 1 } }]);
    expect(runCommand(services, 'edit.undo')).toBe(true);
    expect(services.store.getState().edit.interventions).toEqual([]);
  });

  it('offers cancelling only while something runs', () => {
    const store = createAppStore();
    const cancel = findCommand('prompt.cancelRun')!;
    expect(isPossible(cancel, store.getState())).toBe(false);
    patch(store, 'run', { job: { kind: 'clean', progress: undefined } });
    expect(isPossible(cancel, store.getState())).toBe(true);
  });
});
