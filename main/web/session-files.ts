/**
 * Session files over HTTP, for a page whose machine is not the host's: `GET /session?path=..` answers with the file,
 * `POST /session?path=..` takes one in, in place of another only with `&replace=1`. Both want the token, as
 * `Authorization: Bearer ..`; a refusal is `{"error": {"code", "message", "hint"}}`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { toWireError, type WireError } from '../../shared/base/app-error.ts';
import { SESSION_MIME_TYPE } from '../../shared/session/manifest.ts';
import type { SessionTransfer } from '../host/session-transfer.ts';
import { securityHeaders } from '../serving/security-headers.ts';
import { isOwnOrigin } from './request-origin.ts';
import { sameToken } from './token.ts';

export const SESSION_PATH = '/session';

export interface SessionRequests {
  readonly token: string;
  readonly transfer: SessionTransfer;
}

/** Answers a request for `SESSION_PATH` whose Host header was found to be our own. */
export async function answerSession(
  request: IncomingMessage,
  response: ServerResponse,
  { token, transfer }: SessionRequests,
): Promise<void> {
  const { authorization, origin, host } = request.headers;
  const given = /^Bearer ([\w-]+)$/.exec(authorization ?? '')?.[1] ?? '';
  if (!isOwnOrigin(origin, host) || !sameToken(given, token)) {
    const message = 'The token is missing or wrong, or the request comes from another page.';
    refuse(request, response, 401, { code: 'not-allowed', message });
    return;
  }
  const query = new URLSearchParams((request.url ?? '').split('?')[1]);
  const path = query.get('path') ?? '';
  try {
    if (path === '') refuse(request, response, 400, { code: 'bad-request', message: 'The path is missing.' });
    else if (request.method === 'GET') await send(response, transfer, path);
    else if (request.method === 'POST') await take(request, response, transfer, path, query.get('replace') === '1');
    else refuse(request, response, 405, { code: 'bad-request', message: 'Only GET and POST.' });
  } catch (error) {
    // Half a file cannot be taken back; the missing rest tells the client.
    if (response.headersSent) response.destroy();
    else refuse(request, response, statusOf(toWireError(error), request.method), toWireError(error));
  }
}

async function send(response: ServerResponse, transfer: SessionTransfer, path: string): Promise<void> {
  const { file, name, bytes } = await transfer.download(path);
  try {
    response.writeHead(200, {
      ...securityHeaders([]),
      'Content-Type': SESSION_MIME_TYPE,
      'Content-Length': bytes,
      'Content-Disposition': `attachment; filename*=UTF-8''${encodeName(name)}`,
      'Cache-Control': 'no-store',
    });
    await pipeline(file.createReadStream({ autoClose: false, start: 0, end: Math.max(0, bytes - 1) }), response);
  } finally {
    await file.close();
  }
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  transfer: SessionTransfer,
  path: string,
  replace: boolean,
): Promise<void> {
  answerJson(response, 200, await transfer.upload(path, request as AsyncIterable<Uint8Array>, replace));
}

/** As RFC 5987 wants it: what encodeURIComponent leaves and the header does not allow. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function statusOf({ code, details }: WireError, method: string | undefined): number {
  switch (code) {
    case 'not-allowed':
      return details?.['exists'] === true ? 409 : 403;
    case 'session-invalid':
      return 415;
    case 'too-large':
      return 413;
    case 'io':
      return method === 'GET' ? 404 : 507;
    default:
      return 500;
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, error: WireError): void {
  // What is still being sent is read and dropped, so that the client hears the answer.
  request.resume();
  response.setHeader('Connection', 'close');
  answerJson(response, status, { error });
}

function answerJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { ...securityHeaders([]), 'Content-Type': 'application/json; charset=utf-8' });
  response.end(`${JSON.stringify(value)}\n`);
}
