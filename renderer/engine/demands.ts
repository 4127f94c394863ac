/** What the current state needs to be known, one request a slot. Pure, so that the session only has to reconcile. */
import { decodeDemands } from '../decode/decode-demands.ts';
import { keptDemands } from '../lab-kept/kept-demands.ts';
import { markedSpans, promptName } from '../state/folds.ts';
import { focusToken, shownRun } from '../state/selectors.ts';
import type { RunHandle } from '../state/run-state.ts';
import type { AppState } from '../state/store.ts';
import type { DataCache } from './data-cache.ts';
import {
  distancesKey,
  furtherKey,
  miniaturesKey,
  profileKey,
  scoresKey,
  sinksKey,
  spansKey,
  tokenKey,
  weightsKey,
  type RunMiniatures,
} from './data-keys.ts';
import type { Demand, Demands } from './demand.ts';
import { effectDemands } from './effect-demands.ts';
import { headPageDemands } from './head-page-demands.ts';
import { furtherChoice, weightsChoice } from './score-choice.ts';

/** Empty while the runs on screen cannot be asked about. */
export function demandsOf(state: AppState, cache: Pick<DataCache, 'value'>): Demands {
  const shown = shownRun(state);
  const { clean, stale } = state.run;
  if (!shown || !clean || stale || state.host.engine !== 'ready' || state.host.connection.status !== 'open') return {};
  const head = state.edit.head;
  const token = focusToken(state);
  return {
    cleanScores: scoresDemand(clean),
    ...(shown === clean ? {} : { scores: scoresDemand(shown) }),
    ...further(state, shown),
    ...weights(state),
    ...headPageDemands(state, shown),
    ...spans(state, shown),
    ...distances(state, shown),
    ...(wantsSinks(state) ? { sinks: sinksDemand(shown, state.view.sinkThreshold) } : {}),
    ...(state.view.atlasCells === 'maps' ? { miniatures: miniaturesDemand(shown) } : {}),
    ...effectDemands(state),
    ...keptDemands(state, cache),
    ...decodeDemands(state, cache),
    ...(head
      ? {
          profile: {
            key: profileKey(shown.key, head),
            previews: false,
            load: (client, signal) => client.call('run.head', { runId: shown.runId, ...head }, { signal }),
          },
        }
      : {}),
    ...(head && token !== undefined
      ? {
          token: {
            key: tokenKey(shown.key, head, token),
            previews: state.edit.pinnedToken === undefined && state.ui.hoverToken !== undefined,
            load: (client, signal) =>
              client.call('run.token', { runId: shown.runId, ...head, index: token }, { signal }),
          },
        }
      : {}),
  };
}

function scoresDemand(run: RunHandle): Demand {
  return {
    key: scoresKey(run.key),
    previews: false,
    load: async (client, signal) => (await client.call('run.scores', { runId: run.runId }, { signal })).scores,
  };
}

/** Prompts of so many tokens have their further scores computed unasked: that takes a moment only. */
const QUICK_TOKENS = 1024;

/** Whether scores that cost another pass over the attention are computed of this run. */
export function wantsFurther({ scores, model }: AppState, run: RunHandle): boolean {
  return model.live && !run.stored && (scores.further || run.tokens <= QUICK_TOKENS);
}

function further(state: AppState, run: RunHandle): Demands {
  const asked = furtherChoice(state.scores);
  if (asked.scores.length === 0 || !wantsFurther(state, run)) return {};
  const load: Demand['load'] = async (client, signal) =>
    (await client.call('run.scores', { runId: run.runId, ...asked }, { signal })).scores;
  return { further: { key: furtherKey(run.key, JSON.stringify(asked)), previews: false, load } };
}

function weights({ scores, model }: AppState): Demands {
  if (!scores.weights || !model.live || !model.info) return {};
  const asked = weightsChoice(scores);
  const load: Demand['load'] = async (client, signal) => (await client.call('model.scores', asked, { signal })).scores;
  return { weights: { key: weightsKey(model.info.modelId, JSON.stringify(asked)), previews: false, load } };
}

function spans(state: AppState, run: RunHandle): Demands {
  const marked = markedSpans(state.edit.folds, promptName(state.run));
  if (marked.length === 0 || !state.model.live || run.stored) return {};
  const load: Demand['load'] = async (client, signal) =>
    (await client.call('run.spans', { runId: run.runId, spans: marked }, { signal })).scores;
  return { spans: { key: spansKey(run.key, JSON.stringify(marked)), previews: false, load } };
}

function distances({ view, model }: AppState, run: RunHandle): Demands {
  if (view.centre !== 'scores' || !model.live || run.stored) return {};
  const load: Demand['load'] = (client, signal) => client.call('run.distances', { runId: run.runId }, { signal });
  return { distances: { key: distancesKey(run.key), previews: false, load } };
}

/** The dock or the token strip shows them. */
function wantsSinks({ view }: AppState): boolean {
  return view.dockTab === 'sinks' || view.stripColour === 'sinks';
}

function sinksDemand(run: RunHandle, threshold: number): Demand {
  return {
    key: sinksKey(run.key, threshold),
    previews: false,
    load: (client, signal) => client.call('run.sinks', { runId: run.runId, threshold }, { signal }),
  };
}

function miniaturesDemand(run: RunHandle): Demand {
  return {
    key: miniaturesKey(run.key),
    previews: false,
    load: async (client, signal): Promise<RunMiniatures> => ({
      ...(await client.call('run.miniatures', { runId: run.runId }, { signal })),
      tokens: run.tokens,
    }),
  };
}
