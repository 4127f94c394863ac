import type { NumberParameter } from './kind.ts';

export const windowParameter = {
  type: 'number',
  id: 'window',
  name: 'Window',
  meaning: 'Latest tokens that a query sees, itself included.',
  default: 64,
  min: 1,
  max: 2 ** 24,
  integer: true,
} as const satisfies NumberParameter;
