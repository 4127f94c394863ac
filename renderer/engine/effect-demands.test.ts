// @vitest-environment node
import { expect, it } from 'vitest';
import { createAppStore, patch } from '../state/store.ts';
import { effectDemands } from './effect-demands.ts';

const run = (key: string, interventions: string) =>
  ({ key, runId: key, tokens: 4, cutTokens: 0, badge: 'exact', interventions }) as const;
const keys = (store: ReturnType<typeof createAppStore>) =>
  Object.entries(effectDemands(store.getState())).map(([slot, { key }]) => `${slot} ${key}`);

it('needs what is on screen: of the clean run, A, B, and from A to B', () => {
  const store = createAppStore();
  patch(store, 'run', { clean: run('c', '') });
  patch(store, 'ui', { askedLogits: { position: 3, token: 7, against: 8 } });
  expect(keys(store)).toEqual([]);
  patch(store, 'run', { changed: run('a', 'L0H0=zero') });
  expect(keys(store)).toEqual(['comparison a:compare:c', 'cleanLogits c:logits:3:7 8', 'changedLogits a:logits:3:7 8']);
  patch(store, 'run', { other: run('b', 'L0H1=zero') });
  expect(keys(store).slice(3)).toEqual([
    'otherComparison b:compare:c',
    'bothComparison b:compare:a',
    'otherLogits b:logits:3:7 8',
  ]);
});

it('asks for no logits past the end of the prompt', () => {
  const store = createAppStore();
  patch(store, 'run', { clean: run('c', ''), changed: run('a', 'L0H0=zero') });
  patch(store, 'ui', { askedLogits: { position: 4, token: 7, against: 8 } });
  expect(keys(store)).toEqual(['comparison a:compare:c']);
});
