/** What the cells of the kept-set atlas can show of a method: over all queries, or at one. Pure. */
import { assertExists } from '../../shared/base/assert.ts';
import type { MethodStep } from '../../shared/model/method-views.ts';
import type { ScoreInfo, ScoreTable } from '../../shared/model/score.ts';
import { notableHeads, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import type { HeadsResult } from './kept-view.ts';

export const KEPT_QUANTITIES = ['lostMass', 'recall', 'recallSinkFree', 'recallValue', 'outputError', 'read'] as const;
export type KeptQuantity = (typeof KEPT_QUANTITIES)[number];

interface QuantityWords {
  readonly name: string;
  readonly unit: string;
  readonly meaning: string;
  readonly domain: ScoreInfo['domain'];
  /** Whether one query alone has it. */
  readonly ofQuery: boolean;
  /** The end at which a head is worst; null: neither is. */
  readonly worst: 'high' | 'low' | null;
}

export const QUANTITY_WORDS: Readonly<Record<KeptQuantity, QuantityWords>> = {
  lostMass: {
    name: 'Lost mass',
    unit: 'probability',
    meaning: 'Mass of dense attention on the keys that the head does not read.',
    domain: [0, null],
    ofQuery: true,
    worst: 'high',
  },
  recall: {
    name: 'Recall',
    unit: 'probability',
    meaning: 'Mass of dense attention on the keys that the head reads.',
    domain: [0, 1],
    ofQuery: true,
    worst: 'low',
  },
  recallSinkFree: {
    name: 'Recall without sinks',
    unit: 'share of the mass',
    meaning: 'The same without the first four keys, of queries that have mass elsewhere.',
    domain: [0, 1],
    ofQuery: false,
    worst: 'low',
  },
  recallValue: {
    name: 'Recall by value',
    unit: 'share of the weighted mass',
    meaning: 'The same with each key weighted by the norm of its value.',
    domain: [0, 1],
    ofQuery: false,
    worst: 'low',
  },
  outputError: {
    name: 'Output error',
    unit: '|z′ − z| / |z|',
    meaning: 'How far the output of the head is off, relative to its norm.',
    domain: [0, null],
    ofQuery: false,
    worst: 'high',
  },
  read: {
    name: 'Keys read',
    unit: 'keys',
    meaning: 'Keys that the head reads at a step.',
    domain: [0, null],
    ofQuery: true,
    worst: null,
  },
};

/** [layers x heads], means over the queries under the method; of one query where its step is given. */
export function quantityValues(
  { heads }: Pick<HeadsResult, 'heads'>,
  quantity: KeptQuantity,
  step: MethodStep | undefined,
): Float64Array {
  if (step && QUANTITY_WORDS[quantity].ofQuery) {
    if (quantity === 'read') return Float64Array.from(step.read);
    return Float64Array.from(step.lostMass, (lost) => (quantity === 'recall' ? 1 - lost : lost));
  }
  const own = assertExists(heads[quantity === 'lostMass' ? 'recall' : quantity], quantity);
  return quantity === 'lostMass' ? own.map((recall) => 1 - recall) : own;
}

export interface QuantityTable {
  readonly table: ScoreTable;
  /** Cells whose number is worth printing: those near the bad end, or near the high one where none is bad. */
  readonly notable: ReadonlySet<number>;
  /** Index of the worst cell. */
  readonly worst: number | undefined;
}

/** The same as a table of the atlas. */
export function quantityTable(
  result: HeadsResult,
  quantity: KeptQuantity,
  step: MethodStep | undefined,
): QuantityTable {
  const { name, unit, meaning, domain, worst, ofQuery } = QUANTITY_WORDS[quantity];
  const atQuery = step !== undefined && ofQuery;
  const values = quantityValues(result, quantity, step);
  const info: ScoreInfo = {
    id: quantity,
    name,
    group: 'shape',
    unit,
    definition: meaning,
    source: '',
    badge: result.badge,
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: null,
    // Of one query after the other the colours of a mass are to stay comparable.
    domain: atQuery && quantity === 'lostMass' ? [0, 1] : domain,
  };
  const table: ScoreTable = { info, values, notApplicable: null, parameters: {}, floor: null, spread: null };
  const scale = scoreScale(table);
  const badness = worst === 'low' ? values.map((value) => scale.hi - value) : values;
  const spread = Math.max(...badness.filter((value) => !Number.isNaN(value)), 1e-9);
  return {
    table,
    notable: notableHeads(badness, { kind: 'linear', lo: 0, hi: worst === 'low' ? spread : scale.hi }),
    worst: worst === null ? undefined : largestAt(badness),
  };
}

function largestAt(values: Float64Array): number | undefined {
  let at: number | undefined;
  for (const [index, value] of values.entries()) if (value > (at === undefined ? 0 : values[at]!)) at = index;
  return at;
}
