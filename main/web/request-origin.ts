import { isIP } from 'node:net';

/** `name:port`, `[::1]:port` or without a port; undefined for what is no Host header. */
export function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/**
 * Whether a request addresses this host by a name of its own. A page elsewhere can point its own domain at our address
 * (DNS rebinding), but then the Host header carries that domain. Addresses cannot be rebound; ports are not compared,
 * because a tunnel may change them.
 */
export function isOwnHost(header: string | undefined, names: readonly string[]): boolean {
  const name = hostName(header);
  if (name === undefined) return false;
  return isIP(name) !== 0 || name === 'localhost' || names.some((own) => own.toLowerCase() === name);
}

/**
 * Whether a WebSocket was asked for by a page of ours. Browsers always send the Origin and pages cannot change it;
 * programs that are no browser may leave it out, they need the token like everyone.
 */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
