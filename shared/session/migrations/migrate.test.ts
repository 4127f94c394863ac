import { expect, it } from 'vitest';
import { MIGRATIONS, SESSION_FORMAT_VERSION, SESSION_MIN_READER } from './index.ts';
import { formatVersionAfter, migrate } from './migrate.ts';
import type { Migration } from './migration.ts';

const add = (id: number): Migration => ({
  id,
  up: ({ manifest, state }) => ({
    manifest: { ...manifest, [`from${id}`]: true },
    state: [...(state as number[]), id],
  }),
});
const made = [add(1), add(2), add(3)];

it('runs every step from the version of the file on, once and in order', () => {
  const document = { manifest: { formatVersion: 2, kept: 'x' }, state: [] };
  expect(migrate(document, 2, made)).toEqual({
    manifest: { formatVersion: 4, kept: 'x', from2: true, from3: true },
    state: [2, 3],
  });
  expect(document).toEqual({ manifest: { formatVersion: 2, kept: 'x' }, state: [] });
  expect(migrate({ manifest: {}, state: [] }, 1, made).state).toEqual([1, 2, 3]);
});

it('leaves a document of the present version and of later ones alone', () => {
  for (const formatVersion of [4, 5, 1e9]) {
    const document = { manifest: { formatVersion }, state: [] };
    expect(migrate(document, formatVersion, made)).toBe(document);
  }
});

it('refuses a gap, a repetition and a false start', () => {
  expect(formatVersionAfter(made)).toBe(4);
  for (const wrong of [[add(0)], [add(2)], [add(1), add(1)], [add(1), add(3)]]) {
    expect(() => formatVersionAfter(wrong)).toThrow('stands where');
  }
});

it('writes what it can read itself', () => {
  expect(SESSION_FORMAT_VERSION).toBe(MIGRATIONS.length + 1);
  expect(SESSION_MIN_READER).toBeLessThanOrEqual(SESSION_FORMAT_VERSION);
});
