import { afterEach, expect, it, vi } from 'vitest';
import { startSession } from '../testing/start-session.ts';
import { selectHead } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { followLinks, linkOf } from './follow-links.ts';
import { modelMark } from './head-link.ts';

afterEach(() => {
  history.replaceState(null, '', '/');
});

async function follow(hash: string) {
  history.replaceState(null, '', `/${hash}`);
  const app = startSession();
  const openSession = vi.fn(() => Promise.resolve());
  followLinks({ store: app.store, session: { openSession }, page: window });
  await app.rest();
  return { ...app, openSession };
}

it('a link selects its head and its tab once there is a run, and the address stays that of the head', async () => {
  const { store, openSession } = await follow('#head=L2H3&tab=head');
  expect(store.getState().edit.head).toEqual({ layer: 2, head: 3 });
  expect(store.getState().view.centre).toBe('head');
  expect(openSession).not.toHaveBeenCalled();
  const { info } = store.getState().model;
  selectHead(store, { layer: 1, head: 0 });
  expect(location.hash).toBe(`#head=L1H0&tab=head&model=${modelMark(info!.modelId)}`);
  expect(linkOf(store.getState(), location)).toBe(location.href);
  patch(store, 'view', { centre: 'map' });
  expect(location.hash).toBe('');
});

it('a link to a head that there is not, or of another model, is told and not followed', async () => {
  const missing = await follow('#head=L9H9');
  expect(missing.store.getState().ui.notice?.text).toBe('There is no L9H9. The model has L0H0 to L3H7.');
  const other = await follow('#head=L1H1&model=other');
  expect(other.store.getState().ui.notice?.text).toMatch(/another model/);
  expect(other.store.getState().view.centre).toBe('map');
});

it('a link asks for its session once', async () => {
  const { store, openSession } = await follow('#head=L2H3&session=%2Fa.headscope');
  expect(openSession).toHaveBeenCalledExactlyOnceWith('/a.headscope');
  patch(store, 'ui', { hoverToken: 1 });
  expect(store.getState().edit.head).toEqual({ layer: 2, head: 3 });
});
