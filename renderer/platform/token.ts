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
  const token = new URLSearchParams(hash).get('token') ?? (/^[\w-]{16,}$/.test(hash) ? hash : null);
  if (token === null) return storage.getItem(KEY) ?? '';
  storage.setItem(KEY, token);
  history.replaceState(null, '', location.pathname + location.search);
  return token;
}
