/** What plots know of methods by their ids, which is all that some results hold of them. */
import type { MethodPhase } from '../../model/method.ts';

/**
 * All but dense attention, in the order in which they get their looks: those that are compared most have a colour each
 * with the first shape. New ones go to the end: a method looks the same in all figures of a paper.
 */
export const LOOK_ORDER: readonly string[] = [
  'sink-window',
  'h2o',
  'snapkv',
  'quest',
  'topk',
  'pyramid',
  'duo',
  'tidal',
  'random',
  'window',
  'razor',
  'ada',
  'keydiff',
  'knorm',
  'tova',
  'recycled',
  'squeezed',
  'vertical-slash',
  'flexprefill',
  'seer',
  'kivi',
  'zipcache',
];

/** They choose by what costs as much to know as dense attention. */
const ORACLES: readonly string[] = ['topk', 'seer'];
/** Of the prompt alone: they are measured on its queries. */
const OF_PROMPTS: readonly string[] = ['vertical-slash', 'flexprefill', 'seer'];

export function isOracle(method: string): boolean {
  return ORACLES.includes(method);
}

/** Queries that a method is measured on. */
export function phaseOf(method: string): MethodPhase {
  return OF_PROMPTS.includes(method) ? 'prefill' : 'decode';
}
