// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { runCommand } from '../commands/registry.ts';
import { referenceKey } from '../engine/data-keys.ts';
import { resetEdits, undo } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';

async function start() {
  const services = startSession();
  await services.rest();
  const reference = () => services.store.getState().edit.reference;
  const tables = (id: string) => services.cache.value(referenceKey(id));
  return { ...services, reference, tables };
}

describe('a pinned result', () => {
  it('holds every score that has values, with what it is of', async () => {
    const { reference, tables, rest, store, ...services } = await start();
    patch(store, 'scores', { weights: true });
    await rest();
    expect(runCommand({ ...services, store }, 'scores.pin')).toBe(true);
    const { run, model } = store.getState();
    expect(reference()).toMatchObject({
      modelId: model.info!.modelId,
      heads: model.info!.heads,
      source: run.source,
      tokens: run.clean!.tokens,
      interventions: '',
    });
    const keys = tables(reference()!.id)!.map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(['entropy', 'streaming', 'ov-copying']));
    expect(tables(reference()!.id)!.every(({ table }) => table.values !== null)).toBe(true);
  });

  it('stays with another prompt and another model, when its run is gone', async () => {
    const { reference, tables, rest, store, session, ...services } = await start();
    runCommand({ ...services, store, session }, 'scores.pin');
    const pinned = reference()!;
    const before = tables(pinned.id);
    patch(store, 'prompt', { text: 'quite another prompt' });
    await session.runPrompt();
    await rest();
    resetEdits(store, 'another model');
    expect(store.getState().run.source).not.toEqual(pinned.source);
    expect(reference()).toBe(pinned);
    expect(tables(pinned.id)).toBe(before);
  });

  it('is unpinned and comes back by undo, and is let go once nothing can bring it back', async () => {
    const { reference, tables, ...services } = await start();
    expect(runCommand(services, 'scores.unpin')).toBe(false);
    runCommand(services, 'scores.pin');
    const first = reference()!;
    runCommand(services, 'scores.unpin');
    expect(reference()).toBeUndefined();
    undo(services.store);
    expect(reference()).toBe(first);
    expect(tables(first.id)).toBeDefined();
    runCommand(services, 'scores.pin');
    const second = reference()!;
    undo(services.store);
    undo(services.store);
    expect(reference()).toBeUndefined();
    runCommand(services, 'scores.pin');
    expect([tables(first.id), tables(second.id)]).toEqual([undefined, undefined]);
    expect(tables(reference()!.id)).toBeDefined();
  });

  it('cannot be had of a run that belongs to another model', async () => {
    const services = await start();
    patch(services.store, 'run', { stale: true });
    expect(runCommand(services, 'scores.pin')).toBe(false);
  });
});
