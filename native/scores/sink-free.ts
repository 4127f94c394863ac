/** What is left of a row where its first keys, on which heads rest, are taken out and the rest is renormalised. */
import type { ScoreParameter, ScoreParameters } from '../../shared/model/score.ts';
import type { PassRequest } from './layer-pass.ts';
import type { VisibleRow } from './uniform.ts';

export const SINKS: ScoreParameter = {
  id: 'sinks',
  name: 'Sink keys',
  meaning: 'First keys of the prompt that are taken out.',
  default: 1,
  min: 1,
  max: 64,
  integer: true,
};

export function withoutSinks(parameters: ScoreParameters): PassRequest {
  return { sinkFree: Int32Array.from({ length: parameters['sinks']! }, (_, key) => key) };
}

/** Visible keys that are left. */
export function keysLeft({ row, first }: VisibleRow, parameters: ScoreParameters): number {
  return Math.max(0, row - Math.max(first, parameters['sinks']!) + 1);
}
