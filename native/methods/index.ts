/** The registry of sparse attention methods. Adding one touches its file and this list. */
import { AppError } from '../../shared/base/app-error.ts';
import { ada } from './ada.ts';
import { dense } from './dense.ts';
import { duo } from './duo.ts';
import { flexprefill } from './flexprefill.ts';
import { h2o } from './h2o.ts';
import { keydiff } from './keydiff.ts';
import { kivi } from './kivi.ts';
import { knorm } from './knorm.ts';
import type { Method } from './method.ts';
import { pyramid } from './pyramid.ts';
import { quest } from './quest.ts';
import { random } from './random.ts';
import { razor } from './razor.ts';
import { recycled } from './recycled.ts';
import { seer } from './seer.ts';
import { sinkWindow } from './sink-window.ts';
import { snapkv } from './snapkv.ts';
import { squeezed } from './squeezed.ts';
import { tidal } from './tidal.ts';
import { topk } from './topk.ts';
import { tova } from './tova.ts';
import { verticalSlash } from './vertical-slash.ts';
import { window } from './window.ts';
import { zipcache } from './zipcache.ts';

export const methods: readonly Method[] = [
  dense,
  topk,
  random,
  window,
  sinkWindow,
  duo,
  razor,
  snapkv,
  pyramid,
  ada,
  keydiff,
  knorm,
  h2o,
  tova,
  recycled,
  quest,
  tidal,
  squeezed,
  verticalSlash,
  flexprefill,
  seer,
  kivi,
  zipcache,
];

/** Throws `bad-request` for one that there is none of. */
export function findMethod(id: string): Method {
  const found = methods.find(({ info }) => info.id === id);
  if (found !== undefined) return found;
  throw new AppError('bad-request', `There is no method “${id}”.`, {
    hint: `There are ${methods.map(({ info }) => info.id).join(', ')}.`,
  });
}
