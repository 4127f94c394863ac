/** What the current state needs to be known, one request a slot. Pure, so that the session only has to reconcile. */
import type { Client } from '../../shared/rpc/client.ts';
import { focusToken, shownRun } from '../state/selectors.ts';
import type { RunHandle } from '../state/run-state.ts';
import type { AppState } from '../state/store.ts';
import { comparisonKey, miniaturesKey, profileKey, scoresKey, tokenKey, type RunMiniatures } from './data-keys.ts';

export type DataSlot = 'scores' | 'cleanScores' | 'miniatures' | 'profile' | 'token' | 'comparison';

export interface Demand {
  readonly key: string;
  /** Waits for the pointer to rest first. */
  readonly previews: boolean;
  load(client: Client, signal: AbortSignal): Promise<unknown>;
}

export type Demands = Readonly<Partial<Record<DataSlot, Demand>>>;

/** Empty while the runs on screen cannot be asked about. */
export function demandsOf(state: AppState): Demands {
  const shown = shownRun(state);
  const { clean, changed, stale } = state.run;
  if (!shown || !clean || stale || state.host.engine !== 'ready' || state.host.connection.status !== 'open') return {};
  const head = state.edit.head;
  const token = focusToken(state);
  return {
    cleanScores: scoresDemand(clean),
    ...(shown === clean ? {} : { scores: scoresDemand(shown) }),
    ...(state.view.atlasCells === 'maps' ? { miniatures: miniaturesDemand(shown) } : {}),
    ...(changed && changed.interventions !== ''
      ? {
          comparison: {
            key: comparisonKey(clean.key, changed.key),
            previews: false,
            load: (client, signal) =>
              client.call('run.compare', { clean: clean.runId, changed: changed.runId }, { signal }),
          },
        }
      : {}),
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
