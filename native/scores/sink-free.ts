/** What is left of a row where its first keys, on which heads rest, are taken out and the rest is renormalised. */
import type { ScoreParameter, ScoreParameters } from '../../shared/model/score.ts';
import type { PassRequest } from './layer-pass.ts';
import { needsRowsFrom } from './rows.ts';
import { needsTokens, type ScoreContext } from './score.ts';
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

/** Where a row has two keys left: fewer say nothing of where a head looks. */
export function needsKeysLeft(context: ScoreContext, parameters: ScoreParameters): string | null {
  return needsRowsFrom(context, parameters) ?? needsTokens(context, parameters['sinks']! + 2);
}

/** Visible keys that are left. */
export function keysLeft({ row, first }: VisibleRow, parameters: ScoreParameters): number {
  return Math.max(0, row - Math.max(first, parameters['sinks']!) + 1);
}
