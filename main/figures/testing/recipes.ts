import type { FigureRecipeInput, FigureViewId } from '../../../shared/figure/recipe.ts';
import type { EffectResults } from '../../../shared/model/effect-results.ts';
import { pack } from '../../../shared/session/packed.ts';
import type { StoredDecode, StoredLabResult, StoredLabTask } from '../../../shared/session/stored-lab.ts';
import type { StoredEffects } from '../../../shared/session/stored-effects.ts';
import {
  curveRecord,
  doseRecord,
  greedyRecord,
  importanceRecord,
  keysRecord,
  patchingRecord,
  pathsRecord,
  randomRecord,
} from '../../../shared/view/effects/testing/records.ts';
import { decodeRecord, labRecord, labTaskRecord } from '../../../shared/view/lab/testing/records.ts';

const head = { layer: 0, head: 0 };

const GENERATED = ['·and', '·the', '·internationalisation', '.', '⏎'].map((display, id) => ({
  id,
  display,
  text: display === '⏎' ? '\n' : display,
  prob: 0.9 / (id + 1),
  top: [0, 1, 2, 3, 4].map((other) => ({ id: other, display: `·t${other}`, prob: 0.5 / (other + 1) })),
}));

const RESULT = { text: '12 tokens of “a prompt”', layers: 2, heads: 3, kvHeads: 1 };

const LAB = pack(labRecord()) as StoredLabResult;

/** One recipe of each view, for runs of any shape. */
export const TEST_RECIPES: { readonly [V in FigureViewId]: Extract<FigureRecipeInput, { view: V }> } = {
  map: { view: 'map', head, distance: true },
  compare: {
    view: 'compare',
    maps: [{ head }, { head, minus: { head, run: 'changed' } }, { head, run: 'changed' }],
  },
  atlas: { view: 'atlas', selected: head, run: 'changed' },
  maps: { view: 'maps', run: 'changed' },
  ranked: { view: 'ranked', sortBy: 'sink' },
  scatter: { view: 'scatter', x: 'entropy', y: 'sink', selected: head },
  histogram: { view: 'histogram', score: 'previous', threshold: 0.5 },
  head: { view: 'head', head },
  distance: { view: 'distance', head },
  strip: { view: 'strip' },
  sinks: { view: 'sinks', position: 0 },
  next: { view: 'next' },
  effect: { view: 'effect' },
  generation: {
    view: 'generation',
    lines: [
      { run: 'clean', tokens: GENERATED },
      { run: 'changed', tokens: GENERATED.slice(1) },
    ],
  },
  results: {
    view: 'results',
    score: {
      id: 'entropy',
      name: 'Entropy',
      unit: 'nats',
      definition: 'Of a row, averaged.',
      badge: 'exact',
      domain: [0, null],
    },
    a: { ...RESULT, model: 'one', values: [0, 1, 2, 3, null, 5], floor: 2.5, changed: [head] },
    b: { ...RESULT, model: 'another', values: [1, 1, 1, 1, 1, 1.5] },
    remarks: ['A and B are two models.'],
    selected: head,
  },
  curve: { view: 'curve', result: stored({ curve: curveRecord() }).curve! },
  dose: { view: 'dose', result: stored({ dose: doseRecord() }).dose! },
  greedy: { view: 'greedy', result: stored({ greedy: greedyRecord() }).greedy! },
  random: { view: 'random', result: stored({ random: randomRecord() }).random! },
  patching: { view: 'patching', result: stored({ patching: patchingRecord() }).patching! },
  paths: { view: 'paths', result: stored({ paths: pathsRecord() }).paths! },
  keys: {
    view: 'keys',
    result: stored({ keys: keysRecord({ deviation: [0.5, NaN, 2, 0], logit: [-3, 1, 0, 0.2] }) }).keys!,
    by: 'logit',
  },
  importance: { view: 'importance', result: stored({ importance: importanceRecord() }).importance! },
  methods: { view: 'methods', result: LAB, measure: 'nllAnswer', cost: 'read' },
  accuracy: { view: 'accuracy', result: pack(labTaskRecord()) as StoredLabTask },
  'method-table': { view: 'method-table', result: LAB },
  allocation: { view: 'allocation', result: LAB, rows: [0, 4, 8], selected: head },
  kept: { view: 'kept', result: LAB, row: 4, selected: head },
  ribbon: { view: 'ribbon', result: LAB, row: 4, query: 20 },
  'method-maps': {
    view: 'method-maps',
    result: LAB,
    head: { layer: 1, head: 2 },
    maps: [
      { row: 1, value: 'probability' },
      { row: 4, value: 'probability' },
      { row: 4, value: 'difference' },
      { row: 4, value: 'lost' },
      { row: 7, value: 'kept' },
    ],
  },
  decode: { view: 'decode', result: pack(decodeRecord()) as StoredDecode },
};

function stored(results: Partial<EffectResults>): Partial<StoredEffects> {
  return pack(results) as Partial<StoredEffects>;
}
