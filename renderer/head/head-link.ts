/** Addresses of a head: `#head=L5H1&tab=head&session=...`. Pure. */
import { formatHead, parseHead, type HeadId } from '../../shared/model/head-id.ts';
import { CENTRE_TABS, type CentreTab } from '../state/view-state.ts';

export interface HeadLink {
  readonly head: HeadId;
  readonly tab: CentreTab;
  /** First letters of the model's fingerprint: a head of another model is another head. */
  readonly model: string | undefined;
  /** Path of the session file that it was seen in. */
  readonly session: string | undefined;
}

const MODEL_LETTERS = 16;
const MOST_LETTERS = 8192;

/** What of a model's fingerprint stands in a link. */
export function modelMark(modelId: string): string {
  return modelId.slice(0, MODEL_LETTERS);
}

export function formatHeadLink({ head, tab, model, session }: HeadLink): string {
  const parts = new URLSearchParams({ head: formatHead(head), tab });
  if (model !== undefined) parts.set('model', modelMark(model));
  if (session !== undefined) parts.set('session', session);
  return `#${parts.toString()}`;
}

/** Undefined for an address that is of no head. */
export function readHeadLink(hash: string): HeadLink | undefined {
  if (hash.length > MOST_LETTERS) return undefined;
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const head = parseHead(parts.get('head') ?? '');
  if (!head) return undefined;
  return {
    head,
    tab: CENTRE_TABS.find((tab) => tab === parts.get('tab')) ?? 'head',
    model: parts.get('model') ?? undefined,
    session: parts.get('session') ?? undefined,
  };
}
