import { AppError } from '../base/app-error.ts';
import type { Frame } from '../contract/frames.ts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

const isId = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** What each kind of frame must hold. Payloads are checked later, by who knows the method. */
const CHECKS: Readonly<Record<Frame['type'], (frame: Fields) => boolean>> = {
  request: (frame) => isId(frame['id']) && typeof frame['method'] === 'string' && 'params' in frame,
  cancel: (frame) => isId(frame['id']),
  result: (frame) => isId(frame['id']) && 'result' in frame,
  error: (frame) => isId(frame['id']) && isObject(frame['error']) && typeof frame['error']['message'] === 'string',
  progress: (frame) => isId(frame['id']) && isObject(frame['progress']),
  event: (frame) => typeof frame['event'] === 'string' && isObject(frame['data']),
};

/** Refuses what is no frame. Written by hand and without zod, so that the browser needs no code generation for it. */
export function checkFrame(value: unknown): Frame {
  const type = isObject(value) ? value['type'] : undefined;
  if (typeof type !== 'string' || !Object.hasOwn(CHECKS, type)) {
    throw new AppError('bad-request', 'A message arrived that is no frame of the protocol: its type is unknown.');
  }
  if (!CHECKS[type as Frame['type']](value as Fields)) {
    throw new AppError('bad-request', `A “${type}” frame arrived without the fields that it needs.`);
  }
  return value as Frame;
}
