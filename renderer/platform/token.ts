/**
 * The host's access token. It comes in the address, `#token=...`, and is taken out of there at once, so that it does not
 * stay in the history or in a shared screen; the tab's own storage keeps it over reloads.
 */
const KEY = 'headscope.token';

export function takeToken(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
): string {
  const hash = location.hash.replace(/^#/, '');
  const isBare = /^[\w-]{16,}$/.test(hash);
  const parts = new URLSearchParams(isBare ? '' : hash);
  const token = parts.get('token') ?? (isBare ? hash : null);
  if (token === null) return storage.getItem(KEY) ?? '';
  storage.setItem(KEY, token);
  parts.delete('token');
  // What else the address says stays: it leads to a head.
  const rest = parts.size > 0 ? `#${parts.toString()}` : '';
  history.replaceState(null, '', location.pathname + location.search + rest);
  return token;
}
