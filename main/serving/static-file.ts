import { readFile, realpath } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { isInside } from '../models/path-guard.ts';

const MIME_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

export interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** `immutable` where the name holds a hash of the content. */
  readonly caching: string;
}

/** The file that a URL path names within a folder; undefined where there is none, or where it would lie outside. */
export async function readStaticFile(folder: string, urlPath: string): Promise<StaticFile | undefined> {
  let name: string;
  try {
    name = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  if (name.includes('\0') || name.includes('\\')) return undefined;
  const path = resolve(folder, `.${name.endsWith('/') ? `${name}index.html` : name}`);
  if (!isInside(resolve(folder), path)) return undefined;
  try {
    // A link in the bundle could lead out as well.
    if (!isInside(await realpath(folder), await realpath(path))) return undefined;
    const body = new Uint8Array(await readFile(path));
    const caching = path.startsWith(join(resolve(folder), 'assets'))
      ? 'public, max-age=31536000, immutable'
      : 'no-cache';
    return { body, type: MIME_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream', caching };
  } catch {
    return undefined;
  }
}
