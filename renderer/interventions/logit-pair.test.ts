// @vitest-environment node
import { expect, it } from 'vitest';
import type { RunSummary } from '../../shared/model/run.ts';
import { createAppStore, patch } from '../state/store.ts';
import { askedLogits, pairChoices } from './logit-pair.ts';

const choice = (id: number) => ({ id, display: `#${id}`, text: '', prob: 0.5, logit: 1 });
const token = (id: number) => ({ id, display: `#${id}`, text: '', start: -1, end: -1, special: false });
const summary: RunSummary = {
  runId: 'r1',
  modelId: 'm',
  ids: Int32Array.of(5, 6, 7),
  tokens: [5, 6, 7].map(token),
  interventions: [],
  computedFrom: 0,
  next: [choice(1), choice(2)],
  nll: new Float32Array(3),
  cutTokens: 0,
  badges: ['exact'],
  provider: 'cpu',
  milliseconds: 1,
  captureBytes: 1,
};
const compared = (id: number) => ({ id, display: `#${id}`, clean: 0.1, changed: 0.2 });

it('asks after the last position for the likeliest token against what the change makes likely', () => {
  const { edit, ui } = createAppStore().getState();
  expect(askedLogits({ edit, ui }, summary)).toEqual({ position: 2, token: 1, against: 2 });
  expect(askedLogits({ edit, ui }, summary, [compared(9), compared(1)])).toEqual({ position: 2, token: 1, against: 9 });
  expect(askedLogits({ edit, ui }, summary, [compared(1), compared(9)])).toEqual({ position: 2, token: 1, against: 9 });
});

it('asks after a pinned token for the one that came, and for what was chosen', () => {
  const store = createAppStore();
  patch(store, 'edit', { pinnedToken: 0 });
  expect(askedLogits(store.getState(), summary, [compared(9)])).toEqual({ position: 0, token: 6, against: 1 });
  patch(store, 'ui', { logitPair: { token: 7, against: 5 } });
  expect(askedLogits(store.getState(), summary)).toEqual({ position: 0, token: 7, against: 5 });
});

it('offers what is expected after the change first, each token once', () => {
  const comparison = {
    kl: 0,
    klPerToken: new Float32Array(3),
    nllDelta: new Float32Array(3),
    before: [],
    after: [compared(9), compared(2)],
  };
  expect(pairChoices(summary, 2, comparison).map(({ id }) => id)).toEqual([9, 2, 1, 7, 6, 5]);
});
