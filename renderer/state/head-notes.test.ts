// @vitest-environment node
import { expect, it } from 'vitest';
import { noteOf, setNote } from './head-notes.ts';
import { createAppStore } from './store.ts';

it('notes are those of a head of a model, and an empty one leaves nothing behind', () => {
  const store = createAppStore();
  const [first, other] = [
    { layer: 1, head: 2 },
    { layer: 2, head: 1 },
  ];
  setNote(store, 'a', first, 'Copies names.');
  setNote(store, 'b', first, 'Rests.');
  setNote(store, 'a', other, 'Looks back.');
  const read = (model: string, head: typeof first) => noteOf(store.getState(), model, head);
  expect([read('a', first), read('b', first), read('a', other), read('b', other)]).toEqual([
    'Copies names.',
    'Rests.',
    'Looks back.',
    '',
  ]);
  setNote(store, 'a', first, '');
  expect(store.getState().headPage.notes).toEqual({ a: { L2H1: 'Looks back.' }, b: { L1H2: 'Rests.' } });
});
