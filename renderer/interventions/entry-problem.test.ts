// @vitest-environment node
import { expect, it } from 'vitest';
import { zeroHead, type Intervention } from '../../shared/model/intervention.ts';
import { entryProblem, failedEntry, placesRange } from './entry-problem.ts';

const model = { layers: 4, heads: 8, kvHeads: 4 };
const where = { layer: 1, head: 2 };

it('says what an entry lacks or names in vain', () => {
  expect(entryProblem(zeroHead(where), model, 10)).toBeUndefined();
  expect(entryProblem({ what: 'zero', where: { layer: 1, kvHead: 4 } }, model, 10)).toContain('no L1KV4');
  expect(entryProblem({ what: 'patch', where }, model, 10)).toContain('give one');
  const late: Intervention = { what: 'zero', where, rows: [{ start: 10, end: 12 }] };
  expect(entryProblem(late, model, 10)).toContain('10 tokens');
  expect(entryProblem(late, model, undefined)).toBeUndefined();
  expect(placesRange(model)).toBe('It has L0H0 to L3H7, KV groups to L3KV3.');
  expect(placesRange({ ...model, kvHeads: 8 })).toBe('It has L0H0 to L3H7.');
});

it('finds the entry that a failure is about', () => {
  const list: Intervention[] = [
    { ...zeroHead({ layer: 0, head: 1 }), off: true },
    zeroHead({ layer: 1, head: 1 }),
    { what: 'streaming', where: { layer: 1 } },
    { what: 'scale', where: { layer: 1, head: 1 }, parameters: { factor: 0.5 } },
  ];
  const failure = (message: string, details?: { readonly entry: number }) =>
    failedEntry({ code: 'bad-request', message, ...(details ? { details } : {}) }, list);
  expect(failure('Something.', { entry: 1 })).toBe(2);
  expect(failure('“L1H1=scale:0.5” makes infinite numbers.')).toBe(3);
  expect(failure('L1 cannot be changed so.')).toBe(2);
  expect(failure('L1H1 is named twice.')).toBeUndefined();
  expect(failure('Out of memory.')).toBeUndefined();
});
