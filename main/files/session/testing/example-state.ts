/** The window's state in the example of format 1, as it is read now: every slice that there was, each field with something. */
import type { SessionState } from '../../../../shared/session/session-state.ts';

const source = { kind: 'text', text: 'The cat sat', bos: true } as const;
const settings = {
  maxTokens: 32,
  choice: 'sample',
  temperature: 0.8,
  topK: 40,
  topP: null,
  seed: 7,
  stopAtEnd: true,
};
const zeroed = { what: 'zero', where: { layer: 1, head: 0 } };
const choice = { id: 7, display: '·a', text: ' a', prob: 0.5 };
const line = {
  promptTokens: 4,
  tokens: [{ ...choice, top: [{ ...choice, logit: 3.25 }] }],
  text: ' a',
  milliseconds: 12.5,
  end: 'length',
};

const data = {
  prompt: { text: 'The cat sat', idsText: '', bos: true, mode: 'tokens', ran: { source, cut: false } },
  edit: {
    // The example file has one list without a name, and its factor outside of `parameters`, as files did before.
    scenarios: [
      {
        id: 's1',
        name: 'Scenario 1',
        interventions: [zeroed, { what: 'scale', where: { layer: 0, head: 1 }, parameters: { factor: 0.5 } }],
        finalNorm: 'recomputed',
      },
    ],
    current: 's1',
    compared: null,
    head: { layer: 1, head: 1 },
    pinnedToken: 2,
    comparison: {
      modelId: 'ab'.repeat(32),
      heads: [{ layer: 0, head: 0 }],
      difference: { of: { layer: 0, head: 0 }, minus: 'clean' },
    },
    folds: [{ of: 'a6715f24', start: 0, end: 2, name: 'the cat' }],
  },
  view: {
    value: 'lift',
    reducer: 'mean',
    scale: 'log',
    gamma: 0.7,
    // The example file says `excludeSinks: true`, as files did before there were modes.
    sinkMode: 'exclude',
    sinkRule: 'chosen',
    sinkKeys: [0, 3],
    shown: 'changed',
    stripColour: 'incoming',
    scoreId: 'entropy',
    sortBy: null,
    atlasCells: 'maps',
    dockTab: 'notes',
    brushing: false,
    brush: { rowStart: 1, rowEnd: 3, keyStart: 0, keyEnd: 2 },
    place: { tokens: 4, query: 0.5, key: -0.25, cellPx: 12.5, rows: 20, keys: 30 },
  },
  generation: {
    settings,
    origin: { modelId: 'ab'.repeat(32), source, cut: false, interventions: [zeroed], settings },
    clean: line,
    changed: { ...line, end: 'cancelled' },
  },
  layout: { groups: { main: { left: 25.5, centre: 74.5 } } },
  notes: { text: 'Notes of the example.\n' },
};

export const EXAMPLE_STATE: SessionState = Object.fromEntries(
  Object.entries(data).map(([id, slice]) => [id, { version: id === 'edit' ? 2 : 1, data: slice }]),
);
