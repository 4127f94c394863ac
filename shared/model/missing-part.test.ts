import { expect, it } from 'vitest';
import { interventionsInForce, missingPart } from './missing-part.ts';
import type { Intervention } from './intervention.ts';

const where = { layer: 0, head: 1 };

it('misses the other prompt of a patch, and nothing of what needs none', () => {
  expect(missingPart({ what: 'patch', where })).toBe('source');
  expect(missingPart({ what: 'patch', where, source: { prompts: [[1, 2]] } })).toBeUndefined();
  expect(missingPart({ what: 'mean', where })).toBeUndefined();
  expect(missingPart({ what: 'drop-keys', where })).toBeUndefined();
});

it('runs with what is on and whole, in order', () => {
  const whole: Intervention = { what: 'scale', where, parameters: { factor: 2 } };
  const zero: Intervention = { what: 'zero', where };
  expect(interventionsInForce([whole, { ...zero, off: true }, { what: 'patch', where }, zero])).toEqual([whole, zero]);
});
