/** Keeps the address of the page that of the head on its page, and goes where an address leads. */
import { headOf, headRange } from '../commands/head-commands.ts';
import type { Session } from '../engine/session.ts';
import { selectHead } from '../state/edits.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import { formatHeadLink, modelMark, readHeadLink, type HeadLink } from './head-link.ts';

type Page = Pick<Window, 'location' | 'history' | 'addEventListener'>;

/** The hash of what is on screen; undefined where that is no head. */
function hashOf({ edit, model, view, file }: AppState): string | undefined {
  if (!edit.head || !model.info) return undefined;
  return formatHeadLink({
    head: edit.head,
    tab: view.centre,
    model: model.info.modelId,
    session: file.file?.path,
  });
}

/** The whole address; undefined where there is no head. It holds no token of the host. */
export function linkOf(
  state: AppState,
  { origin, pathname, search }: Pick<Location, 'origin' | 'pathname' | 'search'>,
): string | undefined {
  const hash = hashOf(state);
  return hash && `${origin === 'null' ? '' : origin}${pathname}${search}${hash}`;
}

export interface FollowOptions {
  readonly store: AppStore;
  readonly session: Pick<Session, 'openSession'>;
  readonly page: Page;
}

export function followLinks({ store, session, page }: FollowOptions): void {
  let wanted: HeadLink | undefined;
  /** The session of the link was asked for; what comes then is what there is. */
  let asked = false;
  const begin = () => {
    wanted = readHeadLink(page.location.hash);
    asked = false;
    step(store.getState());
  };
  const step = (state: AppState) => {
    if (!wanted || !state.model.info || !state.run.clean || state.run.job || state.file.job) return;
    if (wanted.session !== undefined && wanted.session !== state.file.file?.path && !asked) {
      asked = true;
      void session.openSession(wanted.session);
      return;
    }
    // The person is being asked what becomes of unsaved work.
    if (state.ui.dialog === 'unsaved') return;
    const link = wanted;
    wanted = undefined;
    const refused = refusal(state, link);
    if (refused === undefined) {
      selectHead(store, link.head);
      patch(store, 'view', { centre: link.tab });
    } else patch(store, 'ui', { notice: { tone: 'bad', text: refused } });
  };
  store.subscribe((state, before) => {
    step(state);
    if (wanted) return;
    const now = store.getState();
    const hash = now.view.centre === 'head' ? hashOf(now) : undefined;
    const earlier = before.view.centre === 'head' ? hashOf(before) : undefined;
    if (hash === earlier) return;
    const { pathname, search } = page.location;
    page.history.replaceState(null, '', `${pathname}${search}${hash ?? ''}`);
  });
  page.addEventListener('hashchange', begin);
  begin();
}

/** Why the link leads nowhere here. */
function refusal(state: AppState, { head, model }: HeadLink): string | undefined {
  if (model !== undefined && model !== modelMark(state.model.info!.modelId))
    return `The link to ${formatHead(head)} is of another model than the open one. Open that model, then the link.`;
  return headOf(state, formatHead(head)) ? undefined : `There is no ${formatHead(head)}. ${headRange(state)}`;
}
