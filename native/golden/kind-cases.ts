/** What the kinds of interventions are tested with: every parameter and source that changes what they do, by kind. */
import type { Change } from '../../shared/model/effect.ts';
import type { InterventionKindId } from '../../shared/model/intervention-kinds/index.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Place } from '../../shared/model/place.ts';
import type { PositionRange } from '../../shared/model/position-ranges.ts';

/** Sizes that the cases depend on. */
export interface CaseModel {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabSize: number;
}

/** The first of each kind is tested at every place with all rows; the others at one of these. */
export function changesOf(
  ids: Int32Array,
  { vocabSize }: Pick<CaseModel, 'vocabSize'>,
): Readonly<Record<InterventionKindId, readonly Change[]>> {
  const own = Array.from(ids);
  /** The prompt with every token another one. */
  const other = own.map((id, i) => (id + 1 + ((7 * i) % (vocabSize - 2))) % vocabSize);
  const another = own.map((id, i) => (id + 2 + ((5 * i) % (vocabSize - 3))) % vocabSize);
  const from = (...prompts: (readonly number[])[]) => ({ source: { prompts: prompts.map((prompt) => [...prompt]) } });
  const shorter = other.slice(3);
  const longer = [...another, ...other.slice(0, 4)];
  const inserted = own.toSpliced(4, 0, ...other.slice(0, 2));
  const replaced = own.map((id, i) => (i === 4 || i === 5 ? other[i]! : id));
  const patch = (what: string, align: string, prompt: readonly number[]): Change => ({
    what: 'patch',
    parameters: { what, align },
    ...from(prompt),
  });
  const hooks = ['z', 'q', 'k', 'v', 'pattern'];
  return {
    zero: [{ what: 'zero' }],
    scale: [0.5, -1, 2].map((factor) => ({ what: 'scale', parameters: { factor } })),
    mean: [
      { what: 'mean' },
      { what: 'mean', parameters: { by: 'position' }, ...from(other, longer) },
      { what: 'mean', parameters: { by: 'all' }, ...from(shorter, longer) },
    ],
    // With one prompt of the same length there is nothing to draw.
    resample: [{ what: 'resample', ...from(other) }],
    patch: [
      ...hooks.map((what) => patch(what, 'start', other)),
      ...hooks.map((what) => patch(what, 'end', shorter)),
      ...hooks.map((what) => patch(what, 'end', longer)),
      ...hooks.map((what) => patch(what, 'tokens', replaced)),
      ...hooks.map((what) => patch(what, 'tokens', inserted)),
    ],
    uniform: [{ what: 'uniform' }],
    streaming: [
      { what: 'streaming', parameters: { sink: 2, window: 3 } },
      { what: 'streaming', parameters: { sink: 0, window: 4 } },
    ],
    window: [2, 1].map((window) => ({ what: 'window', parameters: { window } })),
    'drop-keys': [
      {
        what: 'drop-keys',
        keys: [
          { start: 0, end: 2 },
          { start: 5, end: 6 },
        ],
      },
      { what: 'drop-keys' },
    ],
    'zero-values': [
      {
        what: 'zero-values',
        keys: [
          { start: 0, end: 3 },
          { start: 7, end: 9 },
        ],
      },
      { what: 'zero-values' },
    ],
    freeze: [{ what: 'freeze' }],
    temperature: [0.5, 3].map((temperature) => ({ what: 'temperature', parameters: { temperature } })),
    sigmoid: ['none', 'log-visible'].map((bias) => ({ what: 'sigmoid', parameters: { bias } })),
    calibrate: [
      { what: 'calibrate' },
      { what: 'calibrate', parameters: { beta: 0 }, keys: [{ start: 0, end: 2 }] },
      { what: 'calibrate', parameters: { beta: 0.7, threshold: 0.05 } },
    ],
    residual: [
      { what: 'residual', parameters: { dimension: 3 } },
      { what: 'residual', parameters: { dimension: 3, to: 'mean' } },
      { what: 'residual', parameters: { floor: 0.2, ratio: 2 } },
      { what: 'residual', parameters: { floor: 0.2, ratio: 2, to: 'mean' } },
    ],
  };
}

/** One place of each kind in a layer, as far as the kind of intervention stands there. */
export function placesOf(what: InterventionKindId, layer: number, { heads, kvHeads }: CaseModel): Place[] {
  const { places } = interventionKind(what);
  const [head, kvHead] = [(2 * layer + 1) % heads, (layer + kvHeads - 1) % kvHeads];
  return [
    ...(places.includes('head') ? [{ layer, head }] : []),
    ...(places.includes('kv-group') ? [{ layer, kvHead }] : []),
    ...(places.includes('layer') ? [{ layer }] : []),
  ];
}

export function rowsOf(tokens: number): (PositionRange[] | undefined)[] {
  return [
    undefined,
    [{ start: 5, end: 6 }],
    [
      { start: 0, end: 3 },
      { start: 9, end: tokens },
    ],
  ];
}

/**
 * Lists to be tested of a kind: the first of its changes everywhere, the others where it is their turn. Freezing comes
 * after another change: of a clean run it changes nothing.
 */
export function casesOf(what: InterventionKindId, ids: Int32Array, model: CaseModel): readonly Intervention[][] {
  const layer = Math.min(1, model.layers - 1);
  const places = placesOf(what, layer, model);
  const rows = rowsOf(ids.length);
  const before: Intervention[] =
    what === 'freeze' ? [{ what: 'scale', where: { layer: 0 }, parameters: { factor: -1 } }] : [];
  const everywhere = places.flatMap((where) => rows.map((range) => ({ where, range })));
  return changesOf(ids, model)[what].flatMap((change, at) => {
    const chosen = at === 0 ? everywhere : [everywhere[at % everywhere.length]!];
    return chosen.map(({ where, range }) => [...before, { ...change, where, ...(range && { rows: range }) }]);
  });
}

/** Of many cases so few, from one end of the list to the other. */
export function someOf<T>(cases: readonly T[], most: number): readonly T[] {
  if (cases.length <= most) return cases;
  return Array.from({ length: most }, (_, at) => cases[Math.round((at * (cases.length - 1)) / (most - 1))]!);
}
