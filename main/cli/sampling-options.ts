import { AppError } from '../../shared/base/app-error.ts';
import type { Sampling } from '../../shared/model/sampling.ts';

/** `--temperature`, `--top-k`, `--top-p`, `--seed`; without any of the first three the choice is greedy. */
export interface SamplingOptions {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
}

/** Throws `bad-request` for values that make no sense. */
export function readSampling({ temperature, topK, topP, seed }: SamplingOptions): Sampling {
  if (temperature === undefined && topK === undefined && topP === undefined) {
    if (seed === undefined) return { kind: 'greedy' };
    throw new AppError('bad-request', '--seed has no effect on greedy generation.', { hint: 'Add --temperature 1.' });
  }
  check('--temperature', temperature, (value) => value >= 0.01 && value <= 10, 'from 0.01 to 10');
  check('--top-k', topK, (value) => Number.isInteger(value) && value >= 1, 'a whole number from 1');
  check('--top-p', topP, (value) => value > 0 && value <= 1, 'above 0 and at most 1');
  check('--seed', seed, (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32, 'from 0 to 4294967295');
  return {
    kind: 'sample',
    temperature: temperature ?? 1,
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
    seed: seed ?? 0,
  };
}

function check(option: string, value: number | undefined, fits: (value: number) => boolean, range: string): void {
  if (value === undefined || fits(value)) return;
  throw new AppError('bad-request', `${option} ${value} cannot be used.`, { hint: `Give a number ${range}.` });
}
