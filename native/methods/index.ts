/** The registry of sparse attention methods. Adding one touches its file and this list. */
import { AppError } from '../../shared/base/app-error.ts';
import { dense } from './dense.ts';
import type { Method } from './method.ts';
import { sinkWindow } from './sink-window.ts';
import { snapkv } from './snapkv.ts';

export const methods: readonly Method[] = [dense, sinkWindow, snapkv];

/** Throws `bad-request` for one that there is none of. */
export function findMethod(id: string): Method {
  const found = methods.find(({ info }) => info.id === id);
  if (found !== undefined) return found;
  throw new AppError('bad-request', `There is no method “${id}”.`, {
    hint: `There are ${methods.map(({ info }) => info.id).join(', ')}.`,
  });
}
