/** What a method does to each head, as a table of scores: drawn as those of the atlas are. */
import type { MethodResult } from '../../model/method-result.ts';
import type { ScoreInfo, ScoreTable } from '../../model/score.ts';
import { COST_WORDS, MEASURE_WORDS } from '../../view/lab/measures.ts';

export const KEPT_QUANTITIES = ['lostMass', 'recall', 'recallSinkFree', 'recallValue', 'outputError', 'read'] as const;
export type KeptQuantity = (typeof KEPT_QUANTITIES)[number];

/** [layers x heads], means over the queries under the method. */
export function keptValues({ heads }: Pick<MethodResult, 'heads'>, quantity: KeptQuantity): Float64Array {
  return quantity === 'lostMass' ? heads.recall.map((recall) => 1 - recall) : heads[quantity];
}

export function keptWords(quantity: KeptQuantity) {
  return quantity === 'read' ? COST_WORDS.read : MEASURE_WORDS[quantity];
}

/** `most`: upper end of the colours; null: from the values. */
export function keptTable(result: MethodResult, quantity: KeptQuantity, most: number | null = null): ScoreTable {
  const { name, unit, meaning } = keptWords(quantity);
  const isShare = quantity.startsWith('recall');
  const info: ScoreInfo = {
    id: quantity,
    name,
    group: 'shape',
    // A name that has its unit does not say it twice.
    unit: `${name.toLowerCase().split(' ').includes(unit) ? '' : `${unit}, `}mean over queries`,
    definition: meaning,
    source: '',
    badge: result.badge,
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: null,
    domain: [0, isShare ? 1 : most],
  };
  return {
    info,
    values: keptValues(result, quantity),
    notApplicable: null,
    parameters: {},
    floor: null,
    spread: null,
  };
}
