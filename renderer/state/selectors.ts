/** Named readings of the store that more than one place needs. All are cheap and return stored references. */
import type { Badge } from '../../shared/model/badge.ts';
import { changedHeads } from '../../shared/model/changed-heads.ts';
import { sameHead, type HeadId } from '../../shared/model/head-id.ts';
import { interventionsKey } from '../../shared/model/intervention-text.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';
import type { PromptSource, RunHandle } from './run-state.ts';
import type { AppState } from './store.ts';

/** Whether the open model takes ids instead of text. */
export function inIdMode(state: AppState): boolean {
  return state.model.info?.tokenizer.available === false;
}

/** There is an engine with a model that waits for work. */
export function canRun({ model, host }: AppState): boolean {
  return model.info !== undefined && !model.opening && host.engine === 'ready' && host.connection.status === 'open';
}

/** The run that the map and the atlas show. */
export function shownRun(state: AppState): RunHandle | undefined {
  return state.view.shown === 'changed' ? (state.run.changed ?? state.run.clean) : state.run.clean;
}

/** Whether the current scenario changes anything: a list may be of entries that are off. */
export function hasChanges({ edit }: Pick<AppState, 'edit'>): boolean {
  return interventionsInForce(edit.interventions).length > 0;
}

export function isAblated(state: AppState, head: HeadId | undefined): boolean {
  const { info } = state.model;
  return (
    head !== undefined &&
    info !== undefined &&
    changedHeads(interventionsInForce(state.edit.interventions), info).some((changed) => sameHead(changed, head))
  );
}

/** What the editor holds. */
export function promptSource(state: AppState): PromptSource {
  return inIdMode(state)
    ? { kind: 'ids', ids: state.prompt.idsText }
    : {
        kind: 'text',
        text: state.prompt.text,
        bos: state.prompt.bos && (state.model.info?.bos ?? undefined) !== undefined,
      };
}

export function sameSource(a: PromptSource | undefined, b: PromptSource): boolean {
  if (a?.kind !== b.kind) return false;
  if (a.kind === 'ids' || b.kind === 'ids') return a.kind === 'ids' && b.kind === 'ids' && a.ids === b.ids;
  return a.text === b.text && a.bos === b.bos;
}

/** The editor differs from what was run. */
export function isPromptEdited(state: AppState): boolean {
  return state.run.source !== undefined && !sameSource(state.run.source, promptSource(state));
}

/** The run on screen is a cut one of what the editor still holds: running it again cuts again, as was agreed to. */
export function runsCut(state: AppState): boolean {
  return (state.run.clean?.cutTokens ?? 0) > 0 && !isPromptEdited(state);
}

/** What has changed since the generated lines were begun, and makes them lines of something else. */
export function generationBehind(state: AppState): 'prompt' | 'interventions' | undefined {
  const { origin } = state.generation;
  if (!origin) return undefined;
  if (!sameSource(origin.source, promptSource(state))) return 'prompt';
  const isSame =
    interventionsKey(origin.interventions) === interventionsKey(interventionsInForce(state.edit.interventions));
  return isSame ? undefined : 'interventions';
}

/** The token whose attention the strip shows: pinned, else under the pointer, else the last. */
export function focusToken(state: AppState): number | undefined {
  const tokens = shownRun(state)?.tokens;
  if (tokens === undefined) return undefined;
  const index = state.edit.pinnedToken ?? state.ui.hoverToken ?? tokens - 1;
  return index < tokens ? index : undefined;
}

/** How the run's maps came about: overviews of a stored run are not what its numbers are. */
export function mapBadge({ stored, badge }: RunHandle): Badge {
  return stored && !stored.tensors ? '8-bit' : badge;
}
