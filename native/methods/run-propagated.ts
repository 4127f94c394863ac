/**
 * A method on the tokens of a run, through all layers (F2): it chooses from what its own errors have made of q, k and v.
 * Recall, lost mass and the oracle are those of dense attention to these very q and k, since that is what it chooses from;
 * output errors are differences from the outputs of the dense run, and so hold what earlier layers have done.
 */
import type { MethodPrediction, NotGiven } from '../../shared/model/method-result.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { SweepProgress } from '../sweeps/sweep-progress.ts';
import { denseLayer } from './dense-layer.ts';
import { KeyCounter } from './key-counts.ts';
import { LayerUnder } from './layer-masses.ts';
import { createMethodDecoder, type MethodDecoder, type MethodRows } from './method-decoder.ts';
import { oracleRows } from './oracle-masses.ts';
import { comparePredictions, type ComparedPredictions, type MethodResiduals } from './predictions.ts';
import {
  measuredRows,
  Tally,
  type MeasuredMethod,
  type MethodRunParts,
  type MethodRunRequest,
  type OnRows,
} from './run-method.ts';
import { contextOf } from './select-layer.ts';

export interface PropagatedParts extends Omit<MethodRunParts, 'architecture' | 'capture'>, ForwardModel {
  /** Without interventions. */
  readonly capture: Capture;
}

export interface PropagatedRequest extends MethodRunRequest {
  /** First token of the answer, which goes to the end; at least `promptLength`. Null = there is none. */
  readonly answerStart: number | null;
}

export interface PropagatedMethod extends Pick<ComparedPredictions, 'chosen' | 'chosenDense'> {
  readonly result: MeasuredMethod;
}

export interface PropagatedWatch {
  /** As of `runMethod`. */
  readonly onRows?: OnRows;
  /** Once all tokens of a budget are through; the decoder is this one's own. */
  readonly onForward?: (budget: number, decoder: MethodDecoder) => void;
}

/** One a budget. Throws as `runMethod` and `createMethodDecoder` do. */
export async function runPropagated(
  parts: PropagatedParts,
  request: PropagatedRequest,
  job: Job,
  { onRows, onForward }: PropagatedWatch = {},
): Promise<PropagatedMethod[]> {
  const { capture } = parts;
  const { method, budgets, promptLength, answerStart } = request;
  const rows = measuredRows(method, capture.tokens, promptLength);
  const through = capture.tokens - (rows.phase === 'decode' ? promptLength : 0);
  const progress = new SweepProgress(
    [
      ...budgets.map((_, at) => ({
        name: `${method.info.name}, all layers${budgets.length > 1 ? `, budget ${at + 1}` : ''}`,
        forward: through,
        reading: 0,
      })),
      {
        name: 'Predictions',
        forward: (capture.tokens - promptLength) * (1 + budgets.length) * PREDICTION_WORK,
        reading: 0,
      },
    ],
    () => false,
    job,
  );
  const tallies: Tally[] = [];
  const all: MethodResiduals[] = [];
  let unembed: MethodDecoder['unembed'] | undefined;
  for (const budget of budgets.keys()) {
    const own = progress.begin(budget).forward;
    const { tally, decoder, residuals } = await forward(parts, request, budget, own, onRows);
    progress.end(budget);
    tallies.push(tally);
    all.push({ firstRow: rows.first, residuals });
    unembed = (rows, of) => decoder.unembed(rows, of);
    onForward?.(budget, decoder);
  }
  const { forward: last } = progress.begin(budgets.length);
  const compared = await comparePredictions(parts, capture, all, unembed!, { promptLength, answerStart }, last);
  return compared.map(({ prediction, chosen, chosenDense }, at) => ({
    result: propagated(tallies[at]!.result(), prediction, answerStart),
    chosen,
    chosenDense,
  }));
}

/** Of a row of logits, beside one of all layers. */
const PREDICTION_WORK = 0.2;

async function forward(
  parts: PropagatedParts,
  { method, parameters, budgets, promptLength }: PropagatedRequest,
  budget: number,
  job: Job,
  onRows: OnRows | undefined,
) {
  const { capture, architecture } = parts;
  const { tokens, ids } = capture;
  const { layers, heads, headDim } = architecture;
  const breathe = breather(job);
  // Measures tell no progress of their own.
  const quiet = new Checkpoint({ ...job, progress: () => undefined }, 1);
  const pass = (): Promise<void> => quiet.pass(0);
  const asked = { layers, promptLength, parameters, budget: budgets[budget]!, breathe };
  const context = contextOf(method, asked);
  const rows = measuredRows(method, tokens, promptLength);
  const tally = new Tally(parts, { method, parameters, budgets, promptLength }, rows, context.resolved);
  const measure = async ({ layer, firstRow, data, eachBlock, z }: MethodRows): Promise<void> => {
    const denseZ = capture.layers[layer]!.z.subarray(0, data.tokens * heads * headDim);
    const dense = await denseLayer(parts, data, layer, firstRow, denseZ, pass);
    const oracle = await oracleRows(data, firstRow, breathe);
    const under = new LayerUnder(dense, false);
    const counter = new KeyCounter(data, firstRow, method.info.evicts);
    await eachBlock(async (first, reads) => {
      await under.add(first, reads, pass);
      await counter.add(reads, breathe);
      await onRows?.({ budget, layer, reads });
    });
    tally.add(data, await under.masses(z, pass), counter.counts(), oracle);
  };
  const decoder = createMethodDecoder(parts, {
    ...{ method, context, capacity: tokens, run: capture, onRows: measure },
    mostKeys: parts.mostKeys,
  });
  const residuals = await decoder.appendResiduals(ids.subarray(decoder.length), job);
  return { tally, decoder, residuals };
}

const NOTE =
  'Recall, lost mass and the oracle are those of dense attention to the queries and keys of this forward; output errors are differences from the dense run.';

const DENSE_ANSWER =
  'The only token of the answer is predicted by the last row of the prompt, which is dense: its likelihood says nothing of the method.';

/** The method begins with the answer, and no row under it predicts a token of it. */
function isDenseAnswer({ phase, promptLength, tokens }: MeasuredMethod, answerStart: number | null): boolean {
  return phase === 'decode' && answerStart === promptLength && tokens === promptLength + 1;
}

function propagated(
  measured: MeasuredMethod,
  prediction: MethodPrediction | null,
  answerStart: number | null,
): MeasuredMethod {
  const missing: Partial<Record<NotGiven, string>> = {};
  for (const each of ['accuracy', 'answer', 'drift'] as const) missing[each] = 'Propagated (F2): nothing is generated.';
  if (answerStart === null) missing.nllAnswer = 'No answer was given.';
  if (prediction === null)
    missing.kl = 'No query comes after the prompt, so the method is never asked for a next token.';
  return {
    ...measured,
    fidelity: 'F2',
    badge: measured.badge === 'layer-local' ? 'propagated' : measured.badge,
    answerStart,
    prediction,
    notGiven: missing,
    notes: [...measured.notes, NOTE, ...(isDenseAnswer(measured, answerStart) ? [DENSE_ANSWER] : [])],
  };
}
