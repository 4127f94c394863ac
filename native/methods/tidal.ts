/** TidalDecode: few layers choose, the others read what those chose. */
import { AppError } from '../../shared/base/app-error.ts';
import { range, rangeView } from './choose.ts';
import { FREE, type LayerSelector, type Method } from './method.ts';
import { largestScores } from './rows.ts';

const CHOSEN = 'chosen keys';

/** By query, then by head. */
type Chosen = Map<number, readonly Int32Array[]>;

export const tidal: Method = {
  info: {
    id: 'tidal',
    name: 'TidalDecode',
    definition:
      'Two layers attend to everything and choose, for each head, the keys with the largest scores. Layers after them read the keys that the head of the same number chose last; layers before the first read everything.',
    source: 'Yang et al. 2024 (arXiv 2410.05076); DerrickYLJ/TidalDecode src/enable_tidal.py',
    classes: ['per-query'],
    phases: ['decode'],
    granularity: 'head',
    evicts: false,
    readsQuery: true,
    needs: [],
    budget: { meaning: 'Keys that a head chooses.', default: 512, source: 'experiments: 512, 1024' },
    parameters: [
      {
        id: 'select',
        name: 'First choosing layer',
        meaning: 'It and the layers before it read everything.',
        default: 2,
        source: 'src/enable_tidal.py',
        scaling: { by: 'layers', layers: 32 },
        min: 0,
        max: 1000,
        integer: true,
      },
      {
        id: 'correct',
        name: 'Second choosing layer',
        meaning: 'Reads everything and chooses anew for the layers after it.',
        default: 13,
        source: 'src/enable_tidal.py; 9 elsewhere in the repository',
        scaling: { by: 'layers', layers: 32 },
        min: 0,
        max: 1000,
        integer: true,
      },
    ],
    cost: {
      step: 'two selections of scores that are there anyway',
      stored: 'the chosen keys of each head',
      once: 'none',
    },
    badge: 'exact',
    notes: [
      'Nothing forces the first, the last or the own key in.',
      'Heads of the same number in different layers have nothing in common but that.',
    ],
  },
  begin: (data, layer, { promptLength, parameters: { select, correct }, budget, shared, breathe }) => {
    const prompt = range(0, promptLength);
    const chooses = layer === select || layer === correct;
    const held = () => prompt;
    if (layer <= select! || chooses) {
      const chosen: Chosen = new Map();
      if (chooses) shared.set(CHOSEN, chosen);
      return Promise.resolve<LayerSelector>({
        held,
        step: async (query) => {
          const all = rangeView(0, query + 1);
          if (chooses) {
            chosen.set(query, largestScores(data, query, budget!));
            await breathe();
          }
          return Array.from({ length: data.heads }, () => all);
        },
      });
    }
    const chosen = shared.get(CHOSEN) as Chosen | undefined;
    if (chosen === undefined) throw withoutChoice(layer, select!);
    return Promise.resolve<LayerSelector>({ held, step: (query) => Promise.resolve(chosen.get(query)!) });
  },
  // Four bytes for the position of a key.
  costs: ({ heads, tokens, budget }) => ({
    ...FREE,
    stepFlops: 2 * heads * tokens,
    storedBytes: 4 * heads * Math.min(tokens, budget!),
  }),
};

function withoutChoice(layer: number, select: number): AppError {
  return new AppError('bad-request', `Layer ${layer} reads what layer ${select} chose, which is not there.`, {
    hint: 'Give the layers from the first choosing one on.',
  });
}
