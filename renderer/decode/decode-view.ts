/** What of two continuations is on screen: which one, which step, which head. Pure. */
import type { HeadId } from '../../shared/model/head-id.ts';
import type { DecodeRecord } from '../../shared/model/lab.ts';
import type { MethodGeneration, MethodStep } from '../../shared/model/method-views.ts';
import type { HeadsView } from '../lab-kept/kept-view.ts';
import type { DecodeState } from '../state/decode-state.ts';
import { isDenseStep, queryOfStep } from './decode-steps.ts';

export interface DecodeView extends HeadsView {
  readonly generation: MethodGeneration;
  /** Null where what was read is too much to be kept. */
  readonly trace: string | null;
  readonly step: number;
  /** The method begins after the row that is looked at: it is dense, and no row of the trace. */
  readonly isDense: boolean;
}

/** Undefined where nothing was generated. */
export function decodeView(
  record: DecodeRecord,
  { under, step }: Pick<DecodeState, 'under' | 'step'>,
  selected: HeadId | undefined,
): DecodeView | undefined {
  const generation = record[under];
  const count = generation.tokens.length;
  if (count === 0) return undefined;
  const { promptTokens, promptLength, views } = generation;
  const { layers, heads } = record.about;
  const isHere = selected !== undefined && selected.layer < layers && selected.head < heads;
  const shown = Math.max(0, Math.min(count - 1, step));
  return {
    place: 'decode',
    about: {
      ...record.about,
      tokens: views.length,
      displays: views.map(({ display }) => display),
      answerStart: promptTokens,
    },
    evicts: under === 'method' && record.info.evicts,
    head: isHere ? selected : { layer: 0, head: 0 },
    first: promptLength,
    last: queryOfStep(generation, count - 1),
    query: queryOfStep(generation, shown),
    firstStep: queryOfStep(generation, 0),
    result: { badge: 'generated', rows: 1, heads: {} },
    generation,
    trace: generation.trace,
    step: shown,
    isDense: isDenseStep(generation, shown),
  };
}

/** Keys that a query head reads at the step, and probability that it misses: means over layers and heads. */
export function stepMeans({ read, lostMass }: MethodStep): { readonly read: number; readonly lost: number } {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { read: mean(read), lost: mean(lostMass) };
}
