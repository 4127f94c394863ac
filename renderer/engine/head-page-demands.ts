/** What the page of a head needs to be known beyond the scores. Pure. */
import type { RunSummary } from '../../shared/model/run.ts';
import type { RunHandle } from '../state/run-state.ts';
import type { AppState } from '../state/store.ts';
import type { Demands } from './demand.ts';
import { attributionKey, bestPromptsKey, compositionKey, descriptorsKey } from './head-page-keys.ts';

/** Empty unless the page is open. */
export function headPageDemands(state: AppState, run: RunHandle): Demands {
  const { view, edit, model, headPage } = state;
  const { head } = edit;
  if (view.centre !== 'head' || !head) return {};
  const descriptors = {
    key: descriptorsKey(run.key),
    previews: false,
    load: (client, signal) => client.call('run.descriptors', { runId: run.runId }, { signal }),
  } satisfies Demands['profile'];
  const best = bestChoice(state);
  const logit = logitChoice(state, run);
  const asked = logit && { position: logit.position, token: logit.token, against: logit.against ?? null };
  return {
    descriptors,
    ...(asked
      ? {
          attribution: {
            key: attributionKey(run.key, asked.position, asked.token, asked.against),
            previews: false,
            load: (client, signal) => client.call('run.attribution', { runId: run.runId, ...asked }, { signal }),
          },
        }
      : {}),
    ...(model.live && model.info
      ? {
          composition: {
            key: compositionKey(model.info.modelId, head, headPage.composition),
            previews: false,
            load: (client, signal) =>
              client.call('model.composition', { ...head, kind: headPage.composition }, { signal }),
          },
        }
      : {}),
    ...(best
      ? {
          best: {
            key: bestPromptsKey(best.origin, best.score, head),
            previews: false,
            load: async (client, signal) =>
              (await client.call('probe.best', { probeId: best.probeId, score: best.score, ...head }, { signal }))
                .prompts,
          },
        }
      : {}),
  };
}

/** The chosen score of a probe set whose prompts the engine still holds. */
export function bestChoice({ headPage, scores }: AppState) {
  const at = headPage.best?.indexOf(':') ?? -1;
  if (headPage.best === undefined || at < 0) return undefined;
  const origin = scores.origins.find(({ id }) => id === headPage.best!.slice(0, at));
  if (origin?.probeId === undefined) return undefined;
  return { origin: origin.id, probeId: origin.probeId, score: headPage.best.slice(at + 1) };
}

/** The pinned token's row, else the last: it predicts the token that is asked about. */
export function logitPosition({ edit }: Pick<AppState, 'edit'>, tokens: number): number {
  return edit.pinnedToken !== undefined && edit.pinnedToken < tokens ? edit.pinnedToken : tokens - 1;
}

/** The token that came after the position, or the likeliest one after the last. */
export function defaultLogitToken(
  { ids, next }: Pick<RunSummary, 'ids' | 'next'>,
  position: number,
): number | undefined {
  return position + 1 < ids.length ? ids[position + 1] : next[0]?.id;
}

/**
 * What that token is compared with: the likeliest other one where the row's choices are known, which is after the last
 * token, as in the score of the same name; undefined: nothing.
 */
export function defaultLogitAgainst(
  { ids, next }: Pick<RunSummary, 'ids' | 'next'>,
  position: number,
  token: number,
): number | undefined {
  return position + 1 < ids.length ? undefined : next.find(({ id }) => id !== token)?.id;
}

/** The choice where it is one of this run and this row. */
export function logitChoice({ edit, headPage }: Pick<AppState, 'edit' | 'headPage'>, run: RunHandle) {
  const { logit } = headPage;
  return logit?.of === run.key && logit.position === logitPosition({ edit }, run.tokens) ? logit : undefined;
}
