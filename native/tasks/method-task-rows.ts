/** Rows of methods on a task, from what was found on each sample. */
import type { ResolvedMethod } from '../../shared/model/method.ts';
import type { Fidelity, MethodResult, NotGiven } from '../../shared/model/method-result.ts';
import type { MethodChoice, MethodTaskMeasures, MethodTaskRow, QuestionView } from '../../shared/model/method-task.ts';
import { wilson } from './wilson.ts';

/** A method with a budget on one sample. */
export interface MethodSample {
  readonly resolved: ResolvedMethod;
  readonly measures: MethodTaskMeasures;
  /** Right tokens of the answer as a share, or 1 and 0 for the whole of it; null below F3. */
  readonly right: number | null;
  readonly denseHere: boolean;
  readonly notGiven: Readonly<Partial<Record<NotGiven, string>>>;
}

/** `right`: as `MethodSample` has it. */
export function methodSample(result: Omit<MethodResult, 'trace'>, right: number | null): MethodSample {
  const { resolved, costs, density, oracle, prediction, denseHere } = result;
  const measures: MethodTaskMeasures = {
    read: result.read,
    resident: result.resident,
    needed: result.needed,
    ratio: result.ratio,
    kvBytes: costs.kvBytes,
    readBytes: costs.readBytes,
    stepFlops: costs.flops,
    selected: density.selected,
    recall: result.recall,
    recallSinkFree: result.recallSinkFree,
    recallValue: result.recallValue,
    lostMass: result.lostMass,
    outputError: result.outputError,
    outputErrorWO: result.outputErrorWO,
    oracleGap: oracle.gap,
    kl: prediction?.kl ?? null,
    nllAnswer: prediction?.nllAnswer ?? null,
  };
  // Continuations of single prompts are nothing that a row has.
  const untold = right === null ? ['answer', 'drift'] : ['answer', 'drift', 'accuracy'];
  const missing = Object.entries(result.notGiven).filter(([what]) => !untold.includes(what));
  return { resolved, measures, right, denseHere, notGiven: Object.fromEntries(missing) };
}

/** Means over samples, of which there is at least one; what a sample does not tell is left out of its mean. */
export function methodTaskRow(
  choice: MethodChoice,
  question: QuestionView,
  fidelity: Fidelity,
  samples: readonly MethodSample[],
): MethodTaskRow {
  const mean = (of: (measures: MethodTaskMeasures) => number | null): number => {
    const told = samples.map(({ measures }) => of(measures)).filter((value) => value !== null && !Number.isNaN(value));
    return told.reduce<number>((sum, value) => sum + value!, 0) / told.length;
  };
  const nullable = (of: (measures: MethodTaskMeasures) => number | null): number | null =>
    samples.some(({ measures }) => of(measures) !== null) ? mean(of) : null;
  const n = samples.length;
  const right = samples.reduce((sum, sample) => sum + (sample.right ?? 0), 0);
  const [{ resolved, notGiven, right: first }] = samples as [MethodSample];
  return {
    choice,
    question,
    fidelity,
    resolved,
    measures: {
      read: mean(({ read }) => read),
      resident: mean(({ resident }) => resident),
      needed: mean(({ needed }) => needed),
      ratio: mean(({ ratio }) => ratio),
      kvBytes: mean(({ kvBytes }) => kvBytes),
      readBytes: mean(({ readBytes }) => readBytes),
      stepFlops: mean(({ stepFlops }) => stepFlops),
      selected: mean(({ selected }) => selected),
      recall: mean(({ recall }) => recall),
      recallSinkFree: mean(({ recallSinkFree }) => recallSinkFree),
      recallValue: mean(({ recallValue }) => recallValue),
      lostMass: mean(({ lostMass }) => lostMass),
      outputError: mean(({ outputError }) => outputError),
      outputErrorWO: mean(({ outputErrorWO }) => outputErrorWO),
      oracleGap: mean(({ oracleGap }) => oracleGap),
      kl: nullable(({ kl }) => kl),
      nllAnswer: nullable(({ nllAnswer }) => nllAnswer),
    },
    accuracy: first === null ? null : { value: right / n, ...wilson(right, n) },
    n,
    denseHere: samples.filter(({ denseHere }) => denseHere).length,
    notGiven,
  };
}
