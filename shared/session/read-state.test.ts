import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readState } from './read-state.ts';
import { defineSlice } from './slice.ts';
import { SESSION_SLICES } from './slices/index.ts';

/** Version 1 was a number, version 2 a list of numbers, version 3 an object. */
const pins = defineSlice({
  id: 'pins',
  name: 'the pinned tokens',
  version: 3,
  schema: z.object({ tokens: z.array(z.number()), open: z.boolean().default(true) }),
  upgrades: [(data) => [data], (data) => ({ tokens: (data as number[]).map((token) => token) })],
});

describe('readState', () => {
  it.each([
    [1, 7],
    [2, [7]],
    [3, { tokens: [7] }],
  ])('upgrades version %i', (version, data) => {
    const { known, warnings } = readState({ pins: { version, data } }, [pins]);
    expect(known).toEqual({ pins: { version: 3, data: { tokens: [7], open: true } } });
    expect(warnings).toEqual([]);
  });

  it('keeps what it does not know as it is', () => {
    const other = { version: 9, data: { a: [1, { b: null }] } };
    expect(readState({ other, pins: { version: 3, data: { tokens: [] } } }, [pins])).toMatchObject({
      kept: { other },
      warnings: [],
    });
  });

  it('keeps a later version, and says so', () => {
    const later = { version: 4, data: 'x' };
    const { known, kept, warnings } = readState({ pins: later }, [pins]);
    expect([known, kept]).toEqual([{}, { pins: later }]);
    expect(warnings).toEqual([
      'A later version of Headscope saved the pinned tokens in a form that this one does not know.',
    ]);
  });

  it('leaves out what does not fit, one by one', () => {
    const read = readState(
      {
        pins: { version: 2, data: null },
        notes: { version: 1, data: { text: 'mine' } },
        broken: 5,
        zero: { version: 0, data: 1 },
      },
      [pins, ...SESSION_SLICES],
    );
    expect(read.known).toEqual({ notes: { version: 1, data: { text: 'mine' } } });
    expect(read.kept).toEqual({});
    expect(read.warnings).toEqual([
      'The pinned tokens could not be read.',
      'The part “broken” of the session is not in the form that it must have.',
      'The part “zero” of the session is not in the form that it must have.',
    ]);
  });

  it('never throws', () => {
    const slice = fc.record({ version: fc.oneof(fc.integer(), fc.jsonValue()), data: fc.jsonValue() });
    const state = fc.oneof(fc.jsonValue(), fc.record({ pins: fc.oneof(slice, fc.jsonValue()), notes: slice }));
    fc.assert(
      fc.property(state, (value) => {
        const { known, kept, warnings } = readState(value, [pins, ...SESSION_SLICES]);
        const count = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
        expect(Object.keys(known).length + Object.keys(kept).length).toBeLessThanOrEqual(count);
        expect(warnings.every((sentence) => sentence.endsWith('.'))).toBe(true);
      }),
    );
  });
});

describe('the registry', () => {
  it('has each id once', () => {
    const ids = SESSION_SLICES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][\w.-]{0,63}$/i);
  });

  it('refuses a version without its upgrade', () => {
    expect(() => defineSlice({ ...pins, version: 4 })).toThrow('needs 3 upgrades');
  });
});
