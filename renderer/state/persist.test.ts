// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { loadStored, persistStore } from './persist.ts';
import { initialEdit } from './edit-state.ts';
import { initialGeneration, initialSettings } from './generation-state.ts';
import { initialLab } from './lab-state.ts';
import { createAppStore, patch } from './store.ts';
import { initialView } from './view-state.ts';

function memory(initial: string | null = null) {
  let value = initial;
  return { getItem: () => value, setItem: (_: string, next: string) => void (value = next) };
}

describe('persisted choices', () => {
  it('come back', () => {
    const storage = memory();
    const store = createAppStore();
    persistStore(store, storage);
    patch(store, 'prefs', { theme: 'light' });
    const kept = {
      scale: 'linear',
      gamma: 0.6,
      sinkMode: 'renormalise',
      sinkRule: 'found',
      atlasCells: 'maps',
      drawing: 'canvas',
    } as const;
    patch(store, 'view', { ...kept, shown: 'changed' });
    const comparison = { modelId: 'm', heads: [{ layer: 0, head: 3 }], difference: undefined };
    patch(store, 'edit', { comparison });
    const loaded = loadStored(storage);
    expect(loaded.edit).toEqual({ ...initialEdit, comparison });
    expect(loaded.prefs?.theme).toBe('light');
    expect(loaded.view).toEqual({ ...initialView, ...kept });
  });

  it('of the time when sinks were in the colours or not are read', () => {
    expect(loadStored(memory('{"excludeSinks":true}')).view?.sinkMode).toBe('exclude');
    expect(loadStored(memory('{"excludeSinks":false}')).view?.sinkMode).toBe('gutter');
    expect(loadStored(memory('{"excludeSinks":true,"sinkMode":"show"}')).view?.sinkMode).toBe('show');
  });

  it.each(['', 'null', '{', '{"theme":"pink","scale":3,"gamma":99}', '[]'])('fall back to defaults for %j', (text) => {
    expect(loadStored(memory(text))).toEqual({
      prefs: { theme: 'system' },
      view: initialView,
      edit: initialEdit,
      generation: initialGeneration,
      lab: initialLab,
    });
  });

  it('of how to generate come back, but for values outside their limits', () => {
    const storage = memory();
    const store = createAppStore();
    persistStore(store, storage);
    const settings = {
      maxTokens: 7,
      choice: 'sample',
      temperature: 0.5,
      topK: 40,
      topP: undefined,
      seed: 3,
      stopAtEnd: false,
    } as const;
    patch(store, 'generation', { settings });
    expect(loadStored(storage).generation?.settings).toEqual(settings);
    const stored = JSON.stringify({
      generation: { ...settings, maxTokens: 0, temperature: 'x', seed: 1.5, topK: 1e9 },
    });
    expect(loadStored(memory(stored)).generation?.settings).toEqual({
      ...initialSettings,
      choice: 'sample',
      stopAtEnd: false,
    });
  });

  it('may fail to be written', () => {
    const store = createAppStore();
    persistStore(store, {
      setItem: () => {
        throw new Error('quota');
      },
    });
    expect(() => patch(store, 'prefs', { theme: 'dark' })).not.toThrow();
  });
});
