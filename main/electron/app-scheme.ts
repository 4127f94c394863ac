import type { Protocol } from 'electron';
import { securityHeaders } from '../serving/security-headers.ts';
import { readStaticFile } from '../serving/static-file.ts';

const SCHEME = 'app';
const ORIGIN = `${SCHEME}://headscope`;

/** The page of the desktop window. */
export const PAGE_URL = `${ORIGIN}/index.html`;

/** Whether an address is a page of ours. */
export function isOwnPage(url: string): boolean {
  return url.startsWith(`${ORIGIN}/`);
}

/** Must be called before the app is ready. A standard, secure scheme gives the page an origin of its own. */
export function registerScheme(protocol: Protocol): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built page, and only that, under the scheme. */
export function serveScheme(protocol: Protocol, renderer: string): void {
  protocol.handle(SCHEME, async ({ url, method }) => {
    const { host, pathname } = new URL(url);
    const file = method === 'GET' && host === 'headscope' ? await readStaticFile(renderer, pathname) : undefined;
    const headers = securityHeaders([]);
    if (!file) return new Response('Not found.', { status: 404, headers });
    return new Response(file.body, { headers: { ...headers, 'Content-Type': file.type } });
  });
}
