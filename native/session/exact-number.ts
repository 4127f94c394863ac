import { z } from 'zod';

const SPECIAL = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 } as const;
type Special = keyof typeof SPECIAL;

/** What JSON has no number for is written as a string, so that every number comes back bit for bit. */
export function exactNumber(value: number): number | Special {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : (String(value) as Special);
}

/** The inverse. */
export const exact = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity', '-0']).transform((special): number => SPECIAL[special]),
]);
