/** Effects of one change at many places as tables of scores, so that everything that shows scores shows them. */
import {
  EFFECT_METRICS,
  type Change,
  type ComparedTokens,
  type Effect,
  type EffectMetric,
} from '../../shared/model/effect.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { changeText } from '../../shared/view/effects/change-text.ts';
import { headsAt, type Place, type PlaceKind } from '../../shared/model/place.ts';
import { numberParameter, type FinalNorm } from '../../shared/model/intervention.ts';
import type { ScoreInfo, ScoreParameter, ScoreTable } from '../../shared/model/score.ts';

/** What was done at every place, and where its effect was read. */
export interface SweptEffects {
  readonly change: Change;
  readonly places: PlaceKind;
  readonly target: ComparedTokens;
  readonly finalNorm: FinalNorm;
  /** One of each place. */
  readonly effects: readonly { readonly place: Place; readonly effect: Effect }[];
}

interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
}

/** One table a metric, in their order. Values of a KV group or a layer stand at each of its heads. */
export function effectTables(swept: SweptEffects, shape: Shape): ScoreTable[] {
  return EFFECT_METRICS.map((metric) => {
    const values = new Float64Array(shape.layers * shape.heads).fill(NaN);
    for (const { place, effect } of swept.effects) {
      for (const { layer, head } of headsAt(place, shape)) values[layer * shape.heads + head] = effect[metric];
    }
    const { change } = swept;
    const info = effectInfo(metric, swept, values);
    const parameters = Object.fromEntries(info.parameters.map(({ id }) => [id, numberParameter(change, id)]));
    return { info, values, notApplicable: null, parameters, floor: null, spread: null };
  });
}

interface MetricInfo {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly definition: (target: ComparedTokens) => string;
  /** Ends of the colours; a signed one has as much of them on both sides of zero. */
  readonly domain: readonly [number | null, number | null] | 'signed';
}

const METRICS: Readonly<Record<EffectMetric, MetricInfo>> = {
  kl: {
    id: 'effect-kl',
    name: 'Effect, divergence',
    unit: 'nats',
    definition: () =>
      'KL(before || changed) of the next-token distributions, mean over all positions. 0: nothing depends on it alone.',
    domain: [0, null],
  },
  'kl-last': {
    id: 'effect-kl-last',
    name: 'Effect, divergence at one position',
    unit: 'nats',
    definition: ({ position }) => `KL(before || changed) of the next-token distribution after position ${position}.`,
    domain: [0, null],
  },
  nll: {
    id: 'effect-nll',
    name: 'Effect, loss',
    unit: 'nats',
    definition: () =>
      'Mean change of -log p of the prompt’s tokens, changed minus before, all tokens but the first. Above 0: they became less likely.',
    domain: 'signed',
  },
  'logit-difference': {
    id: 'effect-logit-difference',
    name: 'Effect, logit difference',
    unit: 'logits',
    definition: ({ position, token, against }) =>
      `Change of logit(“${token.display}”) - logit(“${against.display}”) after position ${position}, changed minus before. What raises both alike does not show.`,
    domain: 'signed',
  },
  agreement: {
    id: 'effect-agreement',
    name: 'Effect, top-1 agreement',
    unit: 'share',
    definition: () => 'Share of positions whose likeliest next token stays what it was. 1: all of them.',
    domain: [null, 1],
  },
};

const ALONE: Readonly<Record<PlaceKind, string>> = {
  head: 'each head alone',
  'kv-group': 'each KV group alone; its value stands at each of its query heads',
  layer: 'each layer alone; its value stands at each of its heads',
};

function effectInfo(
  metric: EffectMetric,
  { change, places, target, finalNorm }: SweptEffects,
  values: Float64Array,
): ScoreInfo {
  const { id, name, unit, definition, domain } = METRICS[metric];
  const kind = interventionKind(change.what);
  const norm = finalNorm === 'frozen' ? ' The final norm keeps the clean run’s scale.' : '';
  const caution = kind.caution === undefined ? '' : ` ${kind.caution}`;
  return {
    id,
    name,
    group: 'attribution',
    unit,
    definition: `${definition(target)} Done to ${ALONE[places]}: ${changeText(change)}. ${kind.definition}${norm}${caution}`,
    source: kind.source,
    badge: 'propagated',
    granularity: places === 'kv-group' ? 'kv-group' : 'head',
    data: 'text',
    cost: 'forwards',
    parameters: kind.parameters.flatMap((parameter): ScoreParameter[] =>
      parameter.type === 'number'
        ? [
            {
              id: parameter.id,
              name: parameter.name,
              meaning: parameter.meaning,
              default: parameter.default,
              min: parameter.min,
              max: parameter.max,
              integer: parameter.integer,
            },
          ]
        : [],
    ),
    floor: null,
    domain: domain === 'signed' ? balanced(values) : domain,
  };
}

/** As far on both sides of zero, so that zero is the middle of the colours even where all effects go one way. */
function balanced(values: Float64Array): readonly [number | null, number | null] {
  const reach = values.reduce((most, value) => (Number.isNaN(value) ? most : Math.max(most, Math.abs(value))), 0);
  return reach === 0 ? [null, null] : [-reach, reach];
}
