/**
 * What outlives the page. Every persisted key is decided here; a stored value that is none of the allowed ones is
 * dropped and its default used. Panel sizes are kept by `app/Workspace.tsx` under their own keys.
 *
 * No zod on this side: its compiled parsers need code generation, which the content security policy forbids.
 */
import { TILE_REDUCERS, TILE_VALUES } from '../../shared/tensor/tile.ts';
import { SINK_MODES } from '../../shared/view/map/sink-mode.ts';
import { readComparison } from './comparison.ts';
import { initialEdit } from './edit-state.ts';
import { initialGeneration, initialSettings, isAllowed, type GenerationSettings } from './generation-state.ts';
import { initialLab } from './lab-state.ts';
import { initialPrefs, THEMES } from './prefs-state.ts';
import { readLabSettings } from './read-lab-settings.ts';
import type { AppState, AppStore } from './store.ts';
import { ATLAS_CELLS, DRAWINGS, GAMMA_RANGE, initialView } from './view-state.ts';

const KEY = 'headscope.prefs.v1';

export function loadStored(storage: Pick<Storage, 'getItem'>): Partial<AppState> {
  const stored = readObject(storage);
  return {
    prefs: { theme: oneOf(THEMES, stored['theme'], initialPrefs.theme) },
    view: {
      ...initialView,
      value: oneOf(TILE_VALUES, stored['value'], initialView.value),
      reducer: oneOf(TILE_REDUCERS, stored['reducer'], initialView.reducer),
      scale: oneOf(['log', 'linear'], stored['scale'], initialView.scale),
      gamma: within(GAMMA_RANGE, stored['gamma'], initialView.gamma),
      // Before there were several modes, the colours either had the sinks or not.
      sinkMode: oneOf(
        SINK_MODES,
        stored['sinkMode'],
        stored['excludeSinks'] === true ? 'exclude' : initialView.sinkMode,
      ),
      // The chosen keys are those of a prompt that is gone.
      sinkRule: oneOf(['first', 'found'], stored['sinkRule'], initialView.sinkRule),
      atlasCells: oneOf(ATLAS_CELLS, stored['atlasCells'], initialView.atlasCells),
      drawing: oneOf(DRAWINGS, stored['drawing'], initialView.drawing),
    },
    edit: { ...initialEdit, comparison: readComparison(stored['comparison']) },
    generation: { ...initialGeneration, settings: settingsFrom(stored['generation']) },
    lab: { ...initialLab, settings: readLabSettings(stored['lab']) },
  };
}

/** Writes on change. A full or forbidden storage costs the memory of choices, nothing else. */
export function persistStore(store: AppStore, storage: Pick<Storage, 'setItem'>): () => void {
  return store.subscribe(({ prefs, view, edit: { comparison }, generation: { settings }, lab }, before) => {
    const isSame =
      comparison === before.edit.comparison &&
      settings === before.generation.settings &&
      lab.settings === before.lab.settings;
    if (isSame && prefs === before.prefs && view === before.view) return;
    const { value, reducer, scale, gamma, sinkMode, sinkRule, atlasCells, drawing } = view;
    const shown = { value, reducer, scale, gamma, sinkMode, sinkRule, atlasCells, drawing };
    try {
      const stored = { theme: prefs.theme, ...shown, comparison, generation: settings, lab: lab.settings };
      storage.setItem(KEY, JSON.stringify(stored));
    } catch {
      // See above.
    }
  });
}

function settingsFrom(stored: unknown): GenerationSettings {
  const { maxTokens, choice, temperature, topK, topP, seed, stopAtEnd } = asObject(stored);
  return {
    maxTokens: isAllowed('maxTokens', maxTokens) ? maxTokens : initialSettings.maxTokens,
    choice: oneOf(['greedy', 'sample'], choice, initialSettings.choice),
    temperature: isAllowed('temperature', temperature) ? temperature : initialSettings.temperature,
    topK: isAllowed('topK', topK) ? topK : undefined,
    topP: isAllowed('topP', topP) ? topP : undefined,
    seed: isAllowed('seed', seed) ? seed : initialSettings.seed,
    stopAtEnd: oneOf([true, false], stopAtEnd, initialSettings.stopAtEnd),
  };
}

function oneOf<T>(allowed: readonly T[], value: unknown, fallback: T): T {
  return allowed.find((candidate) => candidate === value) ?? fallback;
}

function within(
  { min, max }: { readonly min: number; readonly max: number },
  value: unknown,
  fallback: number,
): number {
  return typeof value === 'number' && value >= min && value <= max ? value : fallback;
}

function readObject(storage: Pick<Storage, 'getItem'>): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(storage.getItem(KEY) ?? '{}'));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
