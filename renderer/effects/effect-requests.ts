/** What the engine is asked for, from what is on screen and what was set. Pure; throws an `AppError` for what cannot be. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParamsOf, Prompt } from '../../shared/contract/methods.ts';
import { changedHeads } from '../../shared/model/changed-heads.ts';
import type { PatchDirection } from '../../shared/model/effect.ts';
import type { EffectAbout } from '../../shared/model/effect-results.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { FinalNorm } from '../../shared/model/intervention.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { doseFactors } from '../../shared/view/effects/dose-factors.ts';
import { toPrompt } from '../engine/prompt-source.ts';
import type { PromptSource, RunHandle } from '../state/run-state.ts';
import type { AppState } from '../state/store.ts';

type Params<M extends 'sweep' | 'greedy' | 'dose' | 'random'> = ParamsOf<
  { sweep: 'sweep.heads'; greedy: 'sweep.greedy'; dose: 'sweep.dose'; random: 'sweep.random' }[M]
>;

/** The run that changes are tried on. Where nothing is changed yet, that is the clean one. */
export function runToChange({ run, effects }: AppState): RunHandle | undefined {
  return effects.settings.on === 'changed' ? (run.changed ?? run.clean) : run.clean;
}

/** Throws where there is none, or none that forwards can begin from. */
export function liveRun(state: AppState): RunHandle {
  const run = runToChange(state);
  if (!run || !state.model.info) {
    throw new AppError('unknown-run', 'There is no run to change.', { hint: 'Run a prompt first.' });
  }
  if (run.stored || !state.model.live || state.run.stale) {
    throw new AppError('not-stored', 'What is on screen comes from a file: nothing can be computed from it.', {
      hint: 'Open its model and run the prompt once more.',
    });
  }
  return run;
}

export function openModel({ model }: AppState): ModelInfo {
  if (model.info && model.live) return model.info;
  throw new AppError('no-model', 'No model is open.', { hint: 'Open one, then ask again.' });
}

/** Letters of a prompt that a result is told by. */
const PREVIEW = 80;

export function aboutRun(state: AppState, run: RunHandle): EffectAbout {
  return { ...aboutModel(state), tokens: run.tokens, prompt: preview(state.run.source), on: run.interventions };
}

/** Of many prompts. */
export function aboutModel(state: AppState): EffectAbout {
  const { modelId, name, layers, heads, kvHeads } = openModel(state);
  const finalNorm = finalNormOf(state);
  return { modelId, model: name, layers, heads, kvHeads, tokens: null, prompt: '', on: '', finalNorm };
}

export function preview(source: PromptSource | undefined): string {
  const text = (source?.kind === 'ids' ? source.ids : source?.text) ?? '';
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > PREVIEW ? `${line.slice(0, PREVIEW - 1)}…` : line;
}

/** As it was set for effects, else as the interventions have it. */
export function finalNormOf({ effects, edit }: Pick<AppState, 'effects' | 'edit'>): FinalNorm {
  return effects.settings.finalNorm ?? edit.finalNorm;
}

export function targetOf(state: AppState): NonNullable<Params<'sweep'>['target']> {
  const { position, token, against } = state.effects.settings;
  return { position, token, against, finalNorm: finalNormOf(state) };
}

export function sweepRequest(state: AppState): Params<'sweep'> {
  const { change, places } = state.effects.settings;
  return { runId: liveRun(state).runId, change, places, target: targetOf(state) };
}

export function greedyRequest(state: AppState): Params<'greedy'> {
  const { change, places, metric, count } = state.effects.settings;
  return { runId: liveRun(state).runId, change, places, metric, count, target: targetOf(state) };
}

export function doseRequest(state: AppState): Params<'dose'> {
  const { factors } = state.effects.settings;
  const place = headOf(state);
  return { runId: liveRun(state).runId, place, factors: doseFactors(factors), target: targetOf(state) };
}

/** The set that is compared with random ones: the heads that are changed on screen. Always against the clean run. */
export function randomRequest(state: AppState): Params<'random'> {
  const { change, draws, matched, seed } = state.effects.settings;
  const run = liveRun({
    ...state,
    effects: { ...state.effects, settings: { ...state.effects.settings, on: 'clean' } },
  });
  const heads = changedHeads(state.edit.interventions, openModel(state));
  if (heads.length === 0) {
    throw new AppError('bad-request', 'There is no set of heads to compare with random ones.', {
      hint: 'Ablate some heads first.',
    });
  }
  const target = targetOf(state);
  return { runId: run.runId, change, heads, draws, matched, seed, target };
}

export function importanceRequest(state: AppState): ParamsOf<'sweep.importance'> {
  const { epsilon, signed } = state.effects.settings;
  return { runId: liveRun(state).runId, epsilon, signed, finalNorm: finalNormOf(state) };
}

export function curveRequest(state: AppState, ranking: readonly HeadId[]): ParamsOf<'sweep.accuracy'> {
  const { change, curve } = state.effects.settings;
  const { task, lengths, depths, samples, seed, counts, draws, matched } = curve;
  openModel(state);
  if (ranking.length === 0) {
    throw new AppError('bad-request', 'There is no score to rank heads by.', { hint: 'Choose one that has values.' });
  }
  const most = Math.max(...counts);
  if (most > ranking.length) {
    throw new AppError('bad-request', `The score ranks ${ranking.length} heads; ${most} are to be changed.`, {
      hint: `Ask for ${ranking.length} at most.`,
    });
  }
  return {
    task,
    lengths: [...lengths],
    depths: [...depths],
    samples,
    seed,
    change,
    ranking: [...ranking],
    counts: [...counts],
    draws,
    matched,
  };
}

export function keysRequest(state: AppState): ParamsOf<'run.keyRemovals'> & { readonly query: number } {
  const run = liveRun(state);
  const query = state.edit.pinnedToken ?? run.tokens - 1;
  return { runId: run.runId, ...headOf(state), query, target: { ...targetOf(state), position: query } };
}

/** Both prompts: the one that was run, and its edited copy. */
export function pairRequest(state: AppState): ParamsOf<'patch.align'> {
  const { source } = state.run;
  if (!source) throw new AppError('unknown-run', 'There is no prompt to patch.', { hint: 'Run a prompt first.' });
  openModel(state);
  return { clean: asPrompt(source), corrupted: asPrompt(corruptedSource(state, source)), align: alignOf(state) };
}

/** The corrupted prompt, as the model takes prompts. */
export function corruptedSource({ effects }: AppState, source: PromptSource): PromptSource {
  const { corrupted } = effects.settings;
  if (corrupted === undefined) return source;
  return source.kind === 'ids' ? { kind: 'ids', ids: corrupted } : { ...source, text: corrupted };
}

export function patchRequest(state: AppState, direction: PatchDirection): ParamsOf<'patch.run'> {
  const { hook, grid } = state.effects.settings;
  const heads = grid === 'head-position' ? [headOf(state)] : null;
  return { ...pairRequest(state), direction, hook, grid, heads, target: targetOf(state) };
}

export function pathsRequest(state: AppState): ParamsOf<'patch.paths'> {
  const { direction, mlps } = state.effects.settings;
  return {
    ...pairRequest(state),
    direction: direction === 'noise' ? 'noise' : 'denoise',
    sender: headOf(state),
    mlps,
    target: targetOf(state),
  };
}

export function aboutPair(state: AppState): EffectAbout {
  const tokens = state.run.clean?.tokens ?? null;
  return { ...aboutModel(state), tokens, prompt: preview(state.run.source) };
}

function alignOf({ effects }: AppState) {
  return effects.settings.align;
}

function asPrompt(source: PromptSource): Prompt {
  const prompt = toPrompt(source);
  if (prompt instanceof AppError) throw prompt;
  return prompt;
}

function headOf({ edit }: AppState): HeadId {
  if (edit.head) return { layer: edit.head.layer, head: edit.head.head };
  throw new AppError('bad-request', 'No head is selected.', { hint: 'Select one in the atlas.' });
}
