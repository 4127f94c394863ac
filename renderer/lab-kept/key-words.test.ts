// @vitest-environment node
import { expect, it } from 'vitest';
import { dropColumn, dropText, keyLosses, keyRows, mostMissed } from './key-words.ts';

const displays = Array.from({ length: 12 }, (_, at) => `·t${at}`);
const of = { key: 2, first: 8, evicts: true, displays };

it.each([
  [{ ...of, droppedAt: -1 }, 'read to the end', 'kept'],
  [{ ...of, droppedAt: 8 }, 'dropped at the end of the prompt', 'prompt end'],
  [{ ...of, droppedAt: 10 }, 'dropped at query 10 “t10”', 'query 10'],
  [{ ...of, droppedAt: 10, evicts: false }, 'last read at query 9 “t9”', 'after 9'],
  [{ ...of, droppedAt: 8, evicts: false }, 'never read', 'never read'],
  [{ ...of, droppedAt: 9, key: 9 }, 'never read', 'never read'],
  // A method for the rows of the prompt: there is no end of the prompt before its first query.
  [{ ...of, droppedAt: 2, first: 0 }, 'never read', 'never read'],
])('says when a key was let go of: %j', (question, text, column) => {
  expect(dropText(question)).toBe(text);
  expect(dropColumn(question)).toBe(column);
});

it('ranks the heads by how much they want a key, and sums what was lost', () => {
  const rows = keyRows(
    {
      read: Uint8Array.of(1, 0, 0, 0),
      wanted: Float32Array.of(0.5, 0.25, 0.75, 0),
      droppedAt: Int32Array.of(-1, 8, 8, 10),
      lost: Float32Array.of(0, 1.5, 1, 0.25),
      missed: Int32Array.of(0, 4, 4, 2),
    },
    2,
  );
  expect(rows.map(({ layer, head }) => [layer, head])).toEqual([
    [1, 0],
    [0, 0],
    [0, 1],
    [1, 1],
  ]);
  const losses = keyLosses(rows);
  expect(losses).toMatchObject({ heads: 4, without: 3, lost: 2.75, missed: 10 });
  expect(losses.mostWanted).toMatchObject({ layer: 1, head: 0, wanted: 0.75 });
  expect(losses.mostLost).toMatchObject({ layer: 0, head: 1, lost: 1.5 });
});

it('names no head where nothing was lost', () => {
  const all = {
    read: Uint8Array.of(1),
    wanted: Float32Array.of(0.5),
    droppedAt: Int32Array.of(-1),
    lost: Float32Array.of(0),
    missed: Int32Array.of(0),
  };
  expect(keyLosses(keyRows(all, 1))).toMatchObject({ without: 0, mostWanted: undefined, mostLost: undefined });
});

it('ranks the keys that are missed, and leaves out those that are not', () => {
  expect(mostMissed({ lost: Float32Array.of(0, 0.25, 0.5, 0, 0.5) }, 2)).toEqual([
    { key: 2, lost: 0.5 },
    { key: 4, lost: 0.5 },
  ]);
  expect(mostMissed({ lost: Float32Array.of(0, 0) }, 2)).toEqual([]);
});
