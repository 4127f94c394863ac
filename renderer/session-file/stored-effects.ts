/** Results of sweeps and patching as a session's state holds them, and back. Pure. */
import type { EffectKind, EffectResults } from '../../shared/model/effect-results.ts';
import { EFFECT_KINDS } from '../../shared/model/effect-results.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { pack, unpack, type Packed } from '../../shared/session/packed.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import type { EffectsData } from '../../shared/session/slices/effects.ts';
import type { StoredEffects } from '../../shared/session/stored-effects.ts';
import { effectKey } from '../effects/effect-keys.ts';
import type { DataCache } from '../engine/data-cache.ts';
import {
  initialEffects,
  initialEffectSettings,
  type EffectSettings,
  type EffectsState,
} from '../state/effects-state.ts';
import type { AppState } from '../state/store.ts';

/** Beside 24 MiB of scores and 6 MiB of B, of the 48 MiB that the state of the window may have in a file. */
const MOST_LETTERS = 1.5 * 2 ** 20;

/** Results never change, and unsaved work is looked through often. */
const packedResults = new WeakMap<object, { readonly value: unknown; readonly letters: number }>();

function packOnce<Kind extends EffectKind>(
  result: EffectResults[Kind],
): { value: Packed<EffectResults[Kind]>; letters: number } {
  let known = packedResults.get(result);
  if (!known) {
    const value = pack(result);
    known = { value, letters: JSON.stringify(value).length };
    packedResults.set(result, known);
  }
  return known as { value: Packed<EffectResults[Kind]>; letters: number };
}

export interface CollectedEffects {
  readonly data: EffectsData;
  /** Kinds that there is no room for: the largest ones. */
  readonly left: readonly EffectKind[];
}

export function collectEffects({ effects }: AppState, cache: DataCache): CollectedEffects {
  const found = EFFECT_KINDS.flatMap((kind) => {
    const id = effects.results[kind];
    const result = id === undefined ? undefined : cache.value(effectKey(kind, id));
    return result ? [{ kind, ...packOnce(result) }] : [];
  });
  const results: Record<string, unknown> = {};
  const left: EffectKind[] = [];
  let letters = 0;
  for (const { kind, value, letters: own } of found.toSorted((a, b) => a.letters - b.letters)) {
    letters += own;
    if (letters <= MOST_LETTERS) results[kind] = value;
    else left.push(kind);
  }
  const { shown, settings } = effects;
  return { data: { shown, settings: storeSettings(settings), results }, left };
}

/** One result as figures draw it; undefined where there is none. */
export function packedEffects({ effects }: AppState, cache: DataCache): Partial<StoredEffects> {
  const entries = EFFECT_KINDS.flatMap((kind) => {
    const id = effects.results[kind];
    const result = id === undefined ? undefined : cache.value(effectKey(kind, id));
    return result ? [[kind, packOnce(result).value]] : [];
  });
  return Object.fromEntries(entries) as Partial<StoredEffects>;
}

function storeSettings({ corrupted, curve, ...rest }: EffectSettings): EffectsData['settings'] {
  return {
    ...rest,
    corrupted: corrupted ?? null,
    curve: {
      ...curve,
      score: curve.score ?? null,
      lengths: [...curve.lengths],
      depths: [...curve.depths],
      counts: [...curve.counts],
    },
  };
}

export interface RestoredEffects {
  readonly state: EffectsState;
  readonly results: Partial<EffectResults>;
  /** What was left out, in sentences. */
  readonly warnings: readonly string[];
}

/** `nextId`: names each in the cache of this window. */
export function restoreEffects(
  stored: SessionState,
  model: ModelInfo | undefined,
  nextId: () => string,
): RestoredEffects {
  const data = stored['effects']?.data as EffectsData | undefined;
  if (!data) return { state: initialEffects, results: {}, warnings: [] };
  const results: Partial<Record<EffectKind, EffectResults[EffectKind]>> = {};
  const ids: Partial<Record<EffectKind, string>> = {};
  let others = 0;
  for (const kind of EFFECT_KINDS) {
    const own = data.results[kind];
    if (!own) continue;
    const { modelId, layers, heads } = own.about;
    if (!model || modelId !== model.modelId || layers !== model.layers || heads !== model.heads) {
      others += 1;
      continue;
    }
    const result = unpack(own as Packed<EffectResults[EffectKind]>);
    packedResults.set(result, { value: own, letters: JSON.stringify(own).length });
    results[kind] = result;
    ids[kind] = nextId();
  }
  const { corrupted, curve, ...rest } = data.settings;
  const settings: EffectSettings = {
    ...initialEffectSettings,
    ...rest,
    corrupted: corrupted ?? undefined,
    curve: { ...curve, score: curve.score ?? undefined },
  };
  return {
    state: { ...initialEffects, shown: data.shown, settings, results: ids },
    results: results as Partial<EffectResults>,
    warnings: others > 0 ? ['Results of sweeps do not fit the model and were left out.'] : [],
  };
}
